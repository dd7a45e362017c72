import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorePlace } from '../../api/repository-place.ts';
import { createFromTokenArguments, repositoryCreateArguments } from './arguments.ts';
import { folderStorage, type KopiaStorage, storageOf } from './config.ts';
import { type FormatFile, readFormatFile } from './format-file.ts';
import { parseUniqueId } from './output.ts';
import { storageEnvironment, withSecrets } from './storage-secrets.ts';

/** What a client has to know of the place where its repository lies. */
export interface ClientStorage {
  /** May hold credentials: for private files only. Throws PortError. */
  storage(): KopiaStorage;
  /** Credentials that Kopia reads from its environment. */
  environment(): Readonly<Record<string, string>>;
  /** Reads the format without Kopia; absent where there is no file to read. */
  readonly readFormat?: () => Promise<FormatFile>;
  /** The argv that creates a repository; what it refers to is written into `privateFolder`. */
  creation(privateFolder: string): Promise<string[]>;
}

export const folderClientStorage = (path: string): ClientStorage => ({
  storage: () => folderStorage(path),
  environment: () => ({}),
  readFormat: () => readFormatFile(path),
  creation: async () => repositoryCreateArguments({ path }),
});

/** A repository behind a network protocol, and its credentials by the names of their keys. */
export interface StoreAccess {
  readonly place: StorePlace;
  /** Read at each start of Kopia. */
  readonly secrets: () => Readonly<Record<string, string | undefined>>;
}

export function storeClientStorage({ place, secrets }: StoreAccess): ClientStorage {
  const storage = (): KopiaStorage => withSecrets(storageOf(place), secrets());
  return {
    storage,
    environment: () => storageEnvironment(secrets()),
    // Any backend by the same words, and no credential in an argv.
    async creation(privateFolder) {
      const tokenFile = join(privateFolder, 'create.token');
      const token = Buffer.from(JSON.stringify({ version: '1', storage: storage() })).toString('base64url');
      await writeFile(tokenFile, token, { mode: 0o600 });
      return createFromTokenArguments({ tokenFile });
    },
  };
}

/** What `repository status --json` of a process without format cache says of the format. */
export function formatOf(status: string): FormatFile {
  const uniqueId = parseUniqueId(status);
  const { contentFormat, objectFormat, blobRetention } = JSON.parse(status) as Record<string, unknown>;
  const fingerprint = createHash('sha256').update(
    JSON.stringify([uniqueId, contentFormat, objectFormat, blobRetention]),
  );
  return { uniqueId, fingerprint: fingerprint.digest('hex') };
}
