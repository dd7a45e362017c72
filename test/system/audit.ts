import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One line of the API server's audit log, as far as it is read. */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What the workers of one role asked of the cluster. */
export interface UsedRights {
  /** `verb group/resource[/subresource]`, as test/workers/cluster-calls.ts writes rights. */
  readonly used: ReadonlySet<string>;
  /** Requests that RBAC refused, each kind once. */
  readonly refused: ReadonlyMap<string, Refusal>;
}

export interface Refusal {
  readonly right: string;
  readonly uri: string;
  /** In the namespace of the account itself. */
  readonly own: boolean;
}

const ACCOUNT = /^system:serviceaccount:([^:]+):stowage-(\w+)$/;

/**
 * What each of the product's accounts used, in whichever namespace it lives, by role. Reads all files of the folder.
 * Throws when there is no log: a platform that was brought up by an older checkout.
 */
export async function readUsedRights(folder: string): Promise<ReadonlyMap<string, UsedRights>> {
  const files = await readdir(folder).catch(() => []);
  if (files.length === 0) throw new Error(`${folder} holds no audit log: take the platform down and up again`);
  const roles = new Map<string, { used: Set<string>; refused: Map<string, Refusal> }>();
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
      // The file is still written: its last line may be half.
      const event = parseLine(line);
      const [, namespace, role] = (event && ACCOUNT.exec(event.user.username)) ?? [];
      if (!event || !role) continue;
      const rights = roles.get(role) ?? { used: new Set<string>(), refused: new Map<string, Refusal>() };
      roles.set(role, rights);
      const right = rightOf(event);
      // A namespace that is on its way out refuses too; that is no missing right.
      if (event.annotations?.['authorization.k8s.io/decision'] !== 'forbid') rights.used.add(right);
      else {
        const [uri = ''] = event.requestURI.split('?');
        const own = event.objectRef?.namespace === namespace;
        rights.refused.set(`${right} ${own}`, { right, uri, own });
      }
    }
  }
  return roles;
}

function parseLine(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

function rightOf({ verb, requestURI, objectRef }: AuditEvent): string {
  if (!objectRef?.resource) return `${verb} ${requestURI.split('?')[0]}`;
  const { apiGroup = '', resource, subresource } = objectRef;
  return `${verb} ${apiGroup}/${resource}${subresource ? `/${subresource}` : ''}`;
}
