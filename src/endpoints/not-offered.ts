const NAMES =
  'assistants audio batches containers conversations embeddings engines evals files fine_tuning images ' +
  'messages moderations organization realtime responses threads uploads vector_stores videos'

/** Paths of OpenAI's API that are known and not offered: they deserve a better answer than "no such route". */
export const NOT_OFFERED: readonly string[] = [
  '/v1/chat/completions/{rest}',
  ...NAMES.split(' ').flatMap((name) => [`/v1/${name}`, `/v1/${name}/{rest}`]),
]
