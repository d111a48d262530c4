/** Which pages an answer names, and where: OpenAI's annotations of a search of the web. */
import type { Source } from '../../turn/turn-event.ts'
import type { Annotation } from '../../wire/chat-response.ts'

export interface Citations {
  found(sources: readonly Source[]): void
  said(text: string): void
  /** In the order of the text. Each index counts characters of it as JavaScript does, as OpenAI's clients slice it. */
  readonly annotations: readonly Annotation[]
}

export function createCitations(): Citations {
  const titles = new Map<string, string>()
  let text = ''
  return {
    found: (sources) => {
      for (const { title, url } of sources) if (!titles.has(url)) titles.set(url, title)
    },
    said: (piece) => {
      text += piece
    },
    get annotations() {
      return [...titles]
        .flatMap(([url, title]) =>
          placesOf(url, text).map(({ start, end }) => ({
            type: 'url_citation' as const,
            url_citation: { start_index: start, end_index: end, title, url },
          })),
        )
        .toSorted((left, right) => left.url_citation.start_index - right.url_citation.start_index)
    },
  }
}

/** Where the text links to the page: the whole of a Markdown link, or the bare address. */
function placesOf(url: string, text: string): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = []
  for (let at = text.indexOf(url); at !== -1; at = text.indexOf(url, at + url.length)) {
    const after = at + url.length
    // A longer address is another page.
    if (/^[\w/?#&=%-]/.test(text.slice(after, after + 1))) continue
    const label = /\[[^[\]\n]{0,1000}\]\($/.exec(text.slice(Math.max(0, at - 1100), at))
    const isLink = label !== null && text[after] === ')'
    places.push(isLink ? { start: at - label[0].length, end: after + 1 } : { start: at, end: after })
  }
  return places
}
