import { existsSync } from 'node:fs';
import { PlatformError } from '../errors.ts';
import type { LayerEntry } from './layer.ts';

/** The user that images run as unless the pod says otherwise. */
export const IMAGE_USER_ID = 1000;

const bundle = '/etc/ssl/certs/ca-certificates.crt';

/** Certificate authorities of this machine, where Go and OpenSSL look for them. @throws PlatformError when there are none. */
export function certificateEntry(): LayerEntry & { readonly from: string } {
  if (!existsSync(bundle)) throw new PlatformError(`${bundle} is missing: install ca-certificates`);
  return { from: bundle, to: bundle, mode: 0o644 };
}

/** What every image has: user and group names (programs ask for their own), and a /tmp for all. Pure. */
export function basicEntries(user: string): LayerEntry[] {
  const id = IMAGE_USER_ID;
  return [
    { text: `root:x:0:0:root:/tmp:/sbin/nologin\n${user}:x:${id}:${id}::/tmp:/sbin/nologin\n`, to: '/etc/passwd' },
    { text: `root:x:0:\n${user}:x:${id}:\n`, to: '/etc/group' },
    { folder: true, to: '/tmp', mode: 0o1777 },
  ];
}
