/** Half of a surrogate pair has no UTF-8 form, and the model API refuses the whole request for one. */
export function replaceHalves(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}
