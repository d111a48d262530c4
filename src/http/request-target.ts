import { ApiError } from '../errors.ts'

/**
 * Refuses request targets that two readers could read differently: absolute form, empty or dot segments (also
 * percent-encoded), backslashes, control characters. URL parsing would quietly rewrite them into another route.
 * @param target the request line's target, as it came
 */
export function checkTarget(target: string): void {
  const path = target.split('?', 1)[0] ?? ''
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\#]|%(?:00|5c)/i.test(path) || path.includes('//'))
    throw new ApiError('bad_request')
  const isDots = (segment: string): boolean => /^(?:\.|%2e){1,2}$/i.test(segment)
  if (path.split('/').some(isDots)) throw new ApiError('bad_request')
}
