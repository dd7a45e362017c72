import type { Identity } from '../../api/identity.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** The allowed values of an argv. Each function returns its value, or throws PortError InvalidInput naming the field. */

export function flag(name: string, value: string | number): string {
  return `--${name}=${clean(name, String(value))}`;
}

export function metrics(address: string | undefined): string[] {
  if (address === undefined) return [];
  if (!/^[0-9a-z.\-[\]:]*:[0-9]{1,5}$/i.test(address)) refuse('metricsAddress', 'must be host:port');
  return [flag('metrics-listen-addr', address)];
}

/** `user@host:/path`, which cannot be taken for a flag or for a file of arguments (`@file`). */
export function source(identity: Identity): string {
  return `${userAtHost('identity', identity)}:${absolutePath('identity.path', identity.path)}`;
}

/** `user@host` of whoever is named by `field`. */
export function userAtHost(field: string, { username, hostname }: Omit<Identity, 'path'>): string {
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
  if (!name.test(username)) refuse(`${field}.username`, 'must be letters, digits, ".", "_" and "-"');
  if (!name.test(hostname)) refuse(`${field}.hostname`, 'must be letters, digits, ".", "_" and "-"');
  return `${username}@${hostname}`;
}

export function absolutePath(field: string, path: string): string {
  if (!path.startsWith('/')) refuse(field, 'must start with "/"');
  return clean(field, path);
}

export function objectId(field: string, id: string): string {
  if (!/^[a-zA-Z0-9]{8,}$/.test(id)) refuse(field, 'must be an id as Kopia prints it');
  return id;
}

export function tagName(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name))
    refuse('tags', `has the name '${printable(name)}': use a-z, 0-9, "." and "-"`);
  return name;
}

export function compressor(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) refuse('compression', 'must be the name of a Kopia compressor');
  return name;
}

export function count(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) refuse(`retain.${field}`, 'must be a whole number, 0 or more');
  return value;
}

export function positive(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) refuse(field, 'must be a whole number, 1 or more');
  return value;
}

function clean(field: string, value: string): string {
  if (value.includes('\0')) refuse(field, 'must not contain a NUL character');
  return value;
}

const printable = (text: string): string => JSON.stringify(text).slice(1, -1);

function refuse(field: string, rule: string): never {
  throw new PortError(FailureType.InvalidInput, `${field} ${rule}`);
}
