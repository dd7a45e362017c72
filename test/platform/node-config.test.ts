import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { commandsOf } from '../../platform/boot/components.ts';
import { renderKubeconfig } from '../../platform/boot/kubeconfig.ts';
import { renderAuditPolicy, renderCni, renderContainerd, renderKubelet } from '../../platform/boot/node-config.ts';
import { certificateRequests, renderExtensions } from '../../platform/boot/pki.ts';
import { networkOf } from '../../platform/layout/network.ts';
import { pathsOf } from '../../platform/layout/paths.ts';

const paths = pathsOf('demo', '/var/lib/stowage');
const network = networkOf(2);

test('the audit log holds who asked for what, never a body: no Secret can stand in it', () => {
  const { rules } = parse(renderAuditPolicy()) as { rules: { level: string }[] };
  expect(new Set(rules.map(({ level }) => level))).toEqual(new Set(['Metadata', 'None']));
  expect(rules.at(-1)).toEqual({ level: 'None' });
});

test('the kubelet stays in its own cgroup tree, folder and address', () => {
  const config = parse(renderKubelet('demo', network, paths));
  expect(config).toMatchObject({
    cgroupRoot: '/stw-demo',
    failCgroupV1: false,
    address: '10.233.2.1',
    podLogsDir: '/var/lib/stowage/demo/podlogs',
    containerRuntimeEndpoint: 'unix:///var/lib/stowage/demo/containerd/containerd.sock',
    healthzBindAddress: '127.0.0.1',
    readOnlyPort: 0,
  });
});

test('containerd keeps root, state, socket and runc below the platform', () => {
  const text = renderContainerd(paths, '/usr/lib/cni', 'pause:1');
  for (const folder of [paths.containerd, paths.containerdState, paths.containerdSocket, paths.runc, paths.cniConf]) {
    expect(text).toContain(JSON.stringify(folder));
  }
  expect(text).toContain('sandbox_image = "pause:1"');
});

test('pods get addresses behind those of node and Temporal, and no masquerading', () => {
  const [bridge] = JSON.parse(renderCni('demo', network, paths)).plugins;
  expect(bridge).toMatchObject({ bridge: 'stwbr2', isGateway: true, ipMasq: false });
  expect(bridge.ipam.ranges).toEqual([[{ subnet: '10.233.2.0/24', rangeStart: '10.233.2.16', gateway: '10.233.2.1' }]]);
});

test('no component listens on an address that other machines reach', () => {
  const tools = { temporal: '/t/temporal' };
  const commands = commandsOf({ paths, network, tools, containerd: '/c', csiDriver: '/d.js', csiProtos: '/p' });
  const addresses = Object.entries(commands).flatMap(([name, { args }]) =>
    args.flatMap((argument) => [...argument.matchAll(/\d+\.\d+\.\d+\.\d+/g)].map(([address]) => `${name} ${address}`)),
  );
  const foreign = addresses.filter((one) => !/ (127\.0\.0\.1|10\.233\.2\.1|10\.96\.2\.0)$/.test(one));
  // The wildcard is inside of a network namespace whose only link is the platform's bridge.
  expect(foreign).toEqual(['temporal 0.0.0.0']);
  expect(commands.temporal.args.slice(0, 2)).toEqual(['--net=/run/netns/stw-temporal-2', '/t/temporal']);
});

test('the provisioner sweeps forgotten snapshot finalizers within seconds', () => {
  const commands = commandsOf({ paths, network, tools: {}, containerd: '/c', csiDriver: '/d.js', csiProtos: '/p' });
  expect(commands['csi-provisioner'].args).toContain('--snapshot-orphan-sweep-interval=5s');
  for (const name of ['csi-provisioner', 'csi-snapshotter', 'snapshot-controller'] as const) {
    expect(commands[name].args).toContain('--kube-api-qps=200');
  }
});

test('the API server answers for its address, its service and localhost', () => {
  const requests = certificateRequests('node1', '10.233.2.1', '10.96.2.1');
  const apiserver = requests.find(({ file }) => file === 'apiserver')!;
  expect(renderExtensions(apiserver)).toContain('IP:127.0.0.1,IP:10.233.2.1,IP:10.96.2.1');
  expect(requests.find(({ file }) => file === 'kubelet')).toMatchObject({
    commonName: 'system:node:node1',
    organization: 'system:nodes',
  });
});

test('a kubeconfig is complete in itself', () => {
  const config = parse(
    renderKubeconfig({
      context: 'stowage-demo',
      user: 'u',
      server: 'https://a:1',
      authority: 'CA',
      certificate: 'C',
      key: 'K',
    }),
  );
  expect(config['current-context']).toBe('stowage-demo');
  expect(config.clusters[0].cluster['certificate-authority-data']).toBe(Buffer.from('CA').toString('base64'));
  expect(config.users[0].user['client-key-data']).toBe(Buffer.from('K').toString('base64'));
});
