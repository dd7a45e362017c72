import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/run.ts';

/** A certificate to issue: file name, subject and what it proves. */
export type CertificateRequest = {
  readonly file: string;
  readonly commonName: string;
  readonly organization?: string;
  readonly subjectAltNames?: readonly string[];
};

/** Every certificate of the control plane and the node. Pure. */
export function certificateRequests(
  nodeName: string,
  nodeAddress: string,
  serviceAddress: string,
): CertificateRequest[] {
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const addresses = ['127.0.0.1', nodeAddress, serviceAddress];
  return [
    {
      file: 'apiserver',
      commonName: 'kube-apiserver',
      subjectAltNames: [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)],
    },
    { file: 'apiserver-kubelet', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
    { file: 'admin', commonName: 'admin', organization: 'system:masters' },
    { file: 'controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'scheduler', commonName: 'system:kube-scheduler' },
    { file: 'kubelet', commonName: `system:node:${nodeName}`, organization: 'system:nodes' },
    {
      file: 'kubelet-server',
      commonName: nodeName,
      subjectAltNames: [`DNS:${nodeName}`, `IP:${nodeAddress}`],
    },
  ];
}

/** OpenSSL's extension file for one certificate. Pure. */
export function renderExtensions(request: CertificateRequest): string {
  const lines = ['basicConstraints=CA:FALSE', 'keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth,clientAuth'];
  if (request.subjectAltNames) lines.push(`subjectAltName=${request.subjectAltNames.join(',')}`);
  return `${lines.join('\n')}\n`;
}

const days = '3650';
const newKey = (file: string): string[] => ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file];

/** Makes the authority, all certificates (`<file>.crt`, `<file>.key`) and the service account key, once: a complete folder is kept. */
export async function ensurePki(directory: string, requests: readonly CertificateRequest[]): Promise<void> {
  if (existsSync(directory)) return;
  const making = `${directory}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  const at = (file: string): string => join(making, file);
  await run('openssl', newKey(at('ca.key')));
  await run('openssl', [
    'req',
    '-x509',
    '-new',
    '-key',
    at('ca.key'),
    '-sha256',
    '-days',
    days,
    '-subj',
    '/CN=stowage-ca',
    '-out',
    at('ca.crt'),
  ]);
  await Promise.all([
    run('openssl', ['genrsa', '-out', at('service-account.key'), '2048']),
    ...requests.map((request) => issue(request, at)),
  ]);
  await run('openssl', ['rsa', '-in', at('service-account.key'), '-pubout', '-out', at('service-account.pub')]);
  await rename(making, directory);
}

async function issue(request: CertificateRequest, at: (file: string) => string): Promise<void> {
  const [key, csr, crt, ext] = ['key', 'csr', 'crt', 'ext'].map((suffix) => at(`${request.file}.${suffix}`)) as [
    string,
    string,
    string,
    string,
  ];
  const organization = request.organization ? `/O=${request.organization}` : '';
  await writeFile(ext, renderExtensions(request));
  await run('openssl', newKey(key));
  await run('openssl', ['req', '-new', '-key', key, '-subj', `${organization}/CN=${request.commonName}`, '-out', csr]);
  // A random serial number of its own each: a shared serial file would be a race between these parallel calls.
  const serial = `0x${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => (byte | 0x10).toString(16)).join('')}`;
  const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-set_serial', serial, '-days', days, '-sha256'];
  await run('openssl', ['x509', '-req', '-in', csr, ...signing, '-extfile', ext, '-out', crt]);
}
