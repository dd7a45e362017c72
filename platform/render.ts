import Table from 'cli-table3';
import type { PlatformStatus } from './status.ts';
import type { Platform } from './types.ts';

/** What a person needs after `up`. Pure. */
export function renderPlatform(platform: Platform): string {
  return [
    `platform ${platform.name} is up`,
    `  kubeconfig   ${platform.kubeconfig} (context ${platform.context})`,
    `  Temporal     ${platform.temporal.address} (namespace ${platform.temporal.namespace})`,
    `  Temporal UI  ${platform.temporal.uiUrl}`,
    `  kubectl      ${platform.tools.kubectl} --kubeconfig ${platform.kubeconfig} get pods -A`,
    `  classes      ${platform.storageClass}, ${platform.cacheStorageClass}, ${platform.sharedStorageClass}; snapshots ${platform.snapshotClass}`,
    `  take down    npm run platform -- down --name ${platform.name}`,
  ].join('\n');
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

function table(head: string[], rows: string[][]): string {
  const made = new Table({
    head,
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  made.push(...rows);
  return made.toString();
}

/** Each component with its process, memory and addresses. Pure. */
export function renderStatus(status: PlatformStatus, platform: Platform | undefined): string {
  if (status.state === 'absent') return `platform ${status.name}: not there`;
  const rows = status.components.map(({ name, pid, memoryMegabytes, listens }) => [
    name,
    pid === undefined ? 'not running' : `pid ${pid}`,
    memoryMegabytes === undefined ? '' : `${memoryMegabytes} MB`,
    listens.join(' '),
  ]);
  const links = platform ? `\nkubeconfig ${platform.kubeconfig}\nTemporal UI ${platform.temporal.uiUrl}` : '';
  return `platform ${status.name}: ${status.state} in ${status.directory}\n${table(['component', 'process', 'memory', 'listens'], rows)}${links}`;
}

/** One line a platform. Pure. */
export function renderStatusList(found: readonly PlatformStatus[]): string {
  if (found.length === 0) return 'no platforms on this machine';
  return table(
    ['name', 'state', 'directory'],
    found.map(({ name, state, directory }) => [name, state, directory]),
  );
}
