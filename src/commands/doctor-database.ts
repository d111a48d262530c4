import { access } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { describeAddress, readDatabaseUrl } from '../store/database-url.ts'
import { listKeys } from '../store/keys-table.ts'
import { storeOf } from './keys-from-config.ts'
import type { Finding } from './report.ts'

const topic = 'database'
const SILENT = { info: () => undefined, warn: () => undefined }

export interface DatabaseFindings {
  readonly finding: Finding
  readonly hasKeys: boolean
}

/** Whether it can be used, and whether keys are in it. Makes none. */
export async function checkDatabase(config: Config): Promise<DatabaseFindings> {
  const address = readDatabaseUrl(config.DATABASE_URL, config.DATA_DIR)
  const name = describeAddress(address)
  if (address.kind === 'sqlite' && !(await exists(address.path))) {
    return { finding: { verdict: 'fine', topic, text: `${name} will be created` }, hasKeys: false }
  }
  const store = storeOf(config, SILENT)
  try {
    const keys = await store.run(listKeys)
    const live = keys.filter((key) => key.revokedAt === null).length
    return {
      finding: { verdict: 'fine', topic, text: `${name}, ${live} ${live === 1 ? 'key' : 'keys'}` },
      hasKeys: keys.length > 0,
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    const remedy = address.kind === 'sqlite' ? 'see above, or set DATABASE_URL' : 'start it, or check DATABASE_URL'
    const verdict = address.kind === 'sqlite' ? 'failure' : 'warning'
    return { finding: { verdict, topic, text: `${name} does not answer: ${cause}`, remedy }, hasKeys: true }
  } finally {
    await store.close()
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
