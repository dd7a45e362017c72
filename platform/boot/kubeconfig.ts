import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Who connects where. */
export type KubeconfigInput = {
  readonly context: string;
  readonly user: string;
  readonly server: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
};

/** A kubeconfig with everything inside, so that the file alone is enough. Pure. */
export function renderKubeconfig(input: KubeconfigInput): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: input.context, cluster: { server: input.server, 'certificate-authority-data': base64(input.authority) } },
    ],
    users: [
      {
        name: input.user,
        user: { 'client-certificate-data': base64(input.certificate), 'client-key-data': base64(input.key) },
      },
    ],
    contexts: [{ name: input.context, context: { cluster: input.context, user: input.user } }],
    'current-context': input.context,
  });
}

/** Writes the kubeconfig of one certificate of the PKI folder. */
export async function writeKubeconfig(
  file: string,
  pki: string,
  certificate: string,
  target: Pick<KubeconfigInput, 'context' | 'user' | 'server'>,
): Promise<void> {
  const read = (name: string): Promise<string> => readFile(join(pki, name), 'utf8');
  const [authority, crt, key] = await Promise.all([
    read('ca.crt'),
    read(`${certificate}.crt`),
    read(`${certificate}.key`),
  ]);
  await writeFile(file, renderKubeconfig({ ...target, authority, certificate: crt, key }), { mode: 0o600 });
}
