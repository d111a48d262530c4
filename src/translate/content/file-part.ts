/** A file of a message: a PDF or text, told apart by its bytes. */
import { ApiError } from '../../errors.ts'
import type { DocumentBlock } from '../../turn/turn.ts'
import type { ContentPart } from '../../wire/content-part.ts'
import { decodeAt, normalBase64 } from './base64.ts'
import { dataUrlPayload, isDataUrl } from './data-url.ts'
import { invalidValue } from '../invalid-value.ts'
import { replaceHalves } from '../replace-halves.ts'
import { unsupported } from '../unsupported.ts'

type FilePart = Extract<ContentPart, { type: 'file' }>

const PDF = '%PDF-'
/** The model API takes no longer title. */
const LONGEST_TITLE = 500

/** `at` is the part's place in the request. */
export function documentBlock({ file }: FilePart, at: string): DocumentBlock {
  const param = `${at}.file.file_data`
  const { file_data: given } = file
  if (given === undefined || given === null) {
    if (file.file_id)
      throw unsupported(`${at}.type`, 'Files cannot be uploaded here: send the file itself as file_data.')
    throw new ApiError('missing_required_parameter', { message: `Missing required parameter: '${param}'.`, param })
  }
  const data = normalBase64(isDataUrl(given) ? (dataUrlPayload(given) ?? '!') : given)
  if (data === undefined)
    throw invalidValue(param, "expected base64, or a data URL such as 'data:application/pdf;base64,…'.")
  const title = titleOf(file.filename ?? '')
  return { type: 'document', ...(title === '' ? {} : { title }), source: sourceOf(data, param) }
}

function sourceOf(data: string, param: string): DocumentBlock['source'] {
  if (String.fromCharCode(...decodeAt(data, 0, PDF.length)) === PDF) {
    return { type: 'base64', mediaType: 'application/pdf', data }
  }
  const text = decodeText(data)
  if (text === undefined || text.includes('\0')) {
    throw invalidValue(param, 'the bytes are neither those of a PDF nor text in UTF-8.')
  }
  if (text.trim() === '') throw invalidValue(param, 'the file is empty.')
  return { type: 'text', data: text }
}

function decodeText(data: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'))
  } catch {
    return undefined
  }
}

function titleOf(filename: string): string {
  return replaceHalves(
    Array.from(filename.slice(0, LONGEST_TITLE * 2))
      .slice(0, LONGEST_TITLE)
      .join('')
      .trim(),
  )
}
