import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How a filesystem repository spreads its blobs over folders (kopia/kopia repo/blob/sharded). */
const SHARDS_FILE = '.shards';

const Config = z.object({ storage: z.object({ type: z.string(), config: z.object({ path: z.string().optional() }) }) });

const Shards = z.object({ default: z.array(z.number().int().min(0)), maxNonShardedLength: z.number().int().min(0) });

/**
 * What is wrong with the folders' file of a filesystem repository. Kopia tries again for half a minute where it makes no
 * sense, and says then that its storage did not answer. Undefined: nothing, or another kind of storage.
 */
export async function layoutProblem(config: string): Promise<string | undefined> {
  const { type, config: at } = Config.parse(JSON.parse(config)).storage;
  if (type !== 'filesystem' || !at.path) return undefined;
  const text = await readFile(join(at.path, SHARDS_FILE), 'utf8').catch(() => undefined);
  // Without the file Kopia takes its defaults.
  if (text === undefined || Shards.safeParse(parseJson(text)).success) return undefined;
  return `the file ${SHARDS_FILE} of the repository is damaged: Kopia's own is {"default":[1,3],"maxNonShardedLength":20} (compare with a replica)`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
