/** Milliseconds by the monotonic clock that all processes of a machine share: what one process stamps, another can compare. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
