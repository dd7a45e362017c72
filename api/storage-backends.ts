/** A field of Kopia's storage configuration and the Secret's keys that give it; the first key with a value wins. */
export interface StorageField {
  readonly field: string;
  readonly keys: readonly string[];
  /** What its value is in the configuration; text where left out. */
  readonly as?: 'number' | 'json' | 'switch';
  /** Where KOPIA_REPOSITORY gives it too: a part of the URL. A key wins. */
  readonly from?: 'host' | 'port' | 'user' | 'path';
  readonly fallback?: string;
  readonly required?: true;
}

/** One of Kopia's storage backends, and what the Secret says of it under VolSync's names (compatibility.md 4.2). */
export interface StorageBackend {
  /** Kopia's name of the storage, as it stands in a `kopia.config`. */
  readonly type: string;
  /** Schemes of KOPIA_REPOSITORY that mean it. */
  readonly schemes: readonly string[];
  /** The key that chooses it, whatever KOPIA_REPOSITORY says. */
  readonly chosenBy: string;
  /** Addresses: they may be read by anybody who may read the pod. */
  readonly plain: readonly StorageField[];
  /** Credentials: only named, and given to movers by reference. */
  readonly secret: readonly StorageField[];
  /** Kopia reads the credentials from its environment under these very names: its configuration holds none. */
  readonly readsEnvironment?: true;
}

/** In VolSync's order: the first that the Secret names is it. A volume (`filesystem://`) comes after the third. */
export const STORAGE_BACKENDS: readonly StorageBackend[] = [
  {
    type: 's3',
    schemes: ['s3'],
    chosenBy: 'KOPIA_S3_BUCKET',
    plain: [
      { field: 'bucket', keys: ['KOPIA_S3_BUCKET'], from: 'host', required: true },
      { field: 'endpoint', keys: ['KOPIA_S3_ENDPOINT', 'AWS_S3_ENDPOINT'], fallback: 's3.amazonaws.com' },
      { field: 'doNotUseTLS', keys: ['KOPIA_S3_DISABLE_TLS', 'AWS_S3_DISABLE_TLS'], as: 'switch' },
      { field: 'region', keys: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
    ],
    secret: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map((key) => ({
      field: key,
      keys: [key],
    })),
    readsEnvironment: true,
  },
  {
    type: 'azureBlob',
    schemes: ['azure', 'azureblob'],
    chosenBy: 'KOPIA_AZURE_CONTAINER',
    plain: [
      { field: 'container', keys: ['KOPIA_AZURE_CONTAINER'], from: 'host', required: true },
      {
        field: 'storageAccount',
        keys: ['KOPIA_AZURE_STORAGE_ACCOUNT', 'AZURE_STORAGE_ACCOUNT', 'AZURE_ACCOUNT_NAME'],
        required: true,
      },
      { field: 'storageDomain', keys: ['AZURE_STORAGE_DOMAIN'] },
    ],
    secret: [
      { field: 'storageKey', keys: ['KOPIA_AZURE_STORAGE_KEY', 'AZURE_STORAGE_KEY', 'AZURE_ACCOUNT_KEY'] },
      { field: 'sasToken', keys: ['AZURE_STORAGE_SAS_TOKEN', 'AZURE_ACCOUNT_SAS'] },
    ],
  },
  {
    type: 'gcs',
    schemes: ['gcs', 'gs'],
    chosenBy: 'KOPIA_GCS_BUCKET',
    plain: [{ field: 'bucket', keys: ['KOPIA_GCS_BUCKET'], from: 'host', required: true }],
    secret: [{ field: 'credentials', keys: ['GOOGLE_APPLICATION_CREDENTIALS'], as: 'json' }],
  },
  {
    type: 'b2',
    schemes: ['b2'],
    chosenBy: 'KOPIA_B2_BUCKET',
    plain: [{ field: 'bucket', keys: ['KOPIA_B2_BUCKET'], from: 'host', required: true }],
    secret: [
      { field: 'keyID', keys: ['B2_ACCOUNT_ID'], required: true },
      { field: 'key', keys: ['B2_APPLICATION_KEY'], required: true },
    ],
  },
  {
    type: 'webdav',
    schemes: ['webdav'],
    chosenBy: 'WEBDAV_URL',
    plain: [
      { field: 'url', keys: ['WEBDAV_URL'], required: true },
      { field: 'username', keys: ['WEBDAV_USERNAME'] },
    ],
    secret: [{ field: 'password', keys: ['WEBDAV_PASSWORD'] }],
  },
  {
    type: 'sftp',
    schemes: ['sftp'],
    chosenBy: 'SFTP_HOST',
    plain: [
      { field: 'host', keys: ['SFTP_HOST'], from: 'host', required: true },
      { field: 'port', keys: ['SFTP_PORT'], from: 'port', as: 'number', fallback: '22' },
      { field: 'username', keys: ['SFTP_USERNAME'], from: 'user', required: true },
      { field: 'path', keys: ['SFTP_PATH'], from: 'path', required: true },
      { field: 'knownHostsFile', keys: ['SFTP_KNOWN_HOSTS'] },
    ],
    secret: [
      { field: 'password', keys: ['SFTP_PASSWORD'] },
      // The key itself: a Secret's value, not a file's name.
      { field: 'keyData', keys: ['SFTP_KEY_FILE'] },
      { field: 'knownHostsData', keys: ['SFTP_KNOWN_HOSTS_DATA'] },
    ],
  },
  {
    type: 'rclone',
    schemes: ['rclone'],
    chosenBy: 'RCLONE_REMOTE_PATH',
    plain: [{ field: 'rcloneExe', keys: ['RCLONE_EXE'] }],
    secret: [
      // A remote may carry its credentials in its name.
      { field: 'remotePath', keys: ['RCLONE_REMOTE_PATH'], required: true },
      { field: 'embeddedConfig', keys: ['RCLONE_CONFIG'] },
    ],
  },
  {
    type: 'gdrive',
    schemes: ['gdrive'],
    chosenBy: 'GOOGLE_DRIVE_FOLDER_ID',
    plain: [{ field: 'folderID', keys: ['GOOGLE_DRIVE_FOLDER_ID'], from: 'host', required: true }],
    secret: [{ field: 'credentials', keys: ['GOOGLE_DRIVE_CREDENTIALS'], as: 'json', required: true }],
  },
];

/** How many of them VolSync looks at before a volume. */
export const BEFORE_VOLUME = 3;

/** The backend of a storage type. Throws for one that no row has. */
export function backendOf(type: string): StorageBackend {
  const backend = STORAGE_BACKENDS.find((each) => each.type === type);
  if (!backend) throw new Error(`no storage backend is named '${type}'`);
  return backend;
}
