/** https://www.rfc-editor.org/rfc/rfc2397; what it claims to be does not matter, its bytes say that. */

const SCHEME = /^\s*data:/i
/** Longer than any media type with its parameters. */
const MOST_HEAD = 1024

export function isDataUrl(url: string): boolean {
  return SCHEME.test(url)
}

/** What stands behind `;base64,`; undefined where it is not in base64. */
export function dataUrlPayload(url: string): string | undefined {
  const [head] = /^[^,]*;\s*base64\s*,/i.exec(url.slice(0, MOST_HEAD)) ?? []
  return head === undefined ? undefined : url.slice(head.length)
}
