import type { V1Capabilities, V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';
import type { MoverSecurityContext } from '../../api/kubernetes-values.ts';

/** Who a mover is where the request does not say: the request's own default. */
const DEFAULT_USER = 1000;

/** VolSync's three, and the right to read what only its owner may. */
const PRIVILEGED_CAPABILITIES = ['DAC_OVERRIDE', 'CHOWN', 'FOWNER', 'DAC_READ_SEARCH'];

/** Without it a restored setgid bit is lost when the owner's group is another one (embedded-cluster.md section 4). */
const RESTORE_CAPABILITY = 'FSETID';

export interface SecurityRequest {
  readonly requested: MoverSecurityContext;
  /** The namespace allows movers that run as root. */
  readonly privileged: boolean;
  readonly restores?: boolean;
}

/** The pod's part: the request's, filled up to what the `restricted` Pod Security Standard asks for. */
export function buildPodSecurity({ requested, privileged }: SecurityRequest): V1PodSecurityContext {
  const runAsUser = requested.runAsUser ?? DEFAULT_USER;
  const { runAsNonRoot, ...rest } = requested;
  return {
    // A recursive change of owners at each start would take minutes on a large repository.
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
    ...rest,
    runAsUser: privileged ? 0 : runAsUser,
    runAsNonRoot: privileged ? false : (runAsNonRoot ?? runAsUser !== 0),
  } as V1PodSecurityContext;
}

/** The container's part: no capability, no escalation, nothing writable but its volumes. */
export function buildContainerSecurity({ privileged, restores = false }: SecurityRequest): V1SecurityContext {
  const added = restores ? [...PRIVILEGED_CAPABILITIES, RESTORE_CAPABILITY] : PRIVILEGED_CAPABILITIES;
  const capabilities: V1Capabilities = { drop: ['ALL'], ...(privileged ? { add: added } : {}) };
  return {
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem: true,
    capabilities,
    ...(privileged ? { runAsUser: 0 } : {}),
  };
}
