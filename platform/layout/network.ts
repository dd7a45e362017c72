/** Everything that two platforms on one machine must not share, derived from the platform's slot. */
export type Network = {
  /** The one bridge: the node's address, Temporal's link and every pod are on it, nothing else reaches it. */
  readonly bridge: string;
  readonly podCidr: string;
  /** The bridge's own address: API server and kubelet listen there, pods have it as their gateway. */
  readonly nodeAddress: string;
  /** Temporal's own address, in a network namespace of its own. */
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalLink: string;
  readonly podRangeStart: string;
  readonly serviceCidr: string;
  readonly serviceAddress: string;
  readonly dnsAddress: string;
  /** Ports on addresses of the platform's own: the usual ones. */
  readonly ports: {
    readonly apiserver: number;
    readonly kubelet: number;
    readonly temporal: number;
    readonly temporalUi: number;
  };
  /** Ports on 127.0.0.1, which all platforms share. */
  readonly loopback: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly controllerManager: number;
    readonly scheduler: number;
    readonly kubeletHealth: number;
  };
};

/** How many platforms can stand side by side. */
export const SLOTS = 40;

/** Addresses, interfaces and ports of a slot (0 to 39). Pure; ports stay below the ephemeral range that begins at 32768. */
export function networkOf(slot: number): Network {
  if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS)
    throw new RangeError(`slot ${slot}: expected 0 to ${SLOTS - 1}`);
  const base = 24_000 + slot * 100;
  const subnet = `10.233.${slot}`;
  return {
    bridge: `stwbr${slot}`,
    podCidr: `${subnet}.0/24`,
    nodeAddress: `${subnet}.1`,
    temporalAddress: `${subnet}.2`,
    temporalNamespace: `stw-temporal-${slot}`,
    temporalLink: `stwtemporal${slot}`,
    podRangeStart: `${subnet}.16`,
    serviceCidr: `10.96.${slot}.0/24`,
    serviceAddress: `10.96.${slot}.1`,
    dnsAddress: `10.96.${slot}.10`,
    ports: { apiserver: 6443, kubelet: 10_250, temporal: 7233, temporalUi: 8233 },
    loopback: {
      etcd: base + 79,
      etcdPeer: base + 80,
      controllerManager: base + 57,
      scheduler: base + 59,
      kubeletHealth: base + 48,
    },
  };
}

/** True when two IPv4 networks in CIDR form share an address. Pure. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  if (!a || !b) return false;
  const bits = Math.min(a.bits, b.bits);
  const size = 2 ** (32 - bits);
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

function parseCidr(text: string): { address: number; bits: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, a, b, c, d, bits] = match.map(Number);
  return { address: ((a! * 256 + b!) * 256 + c!) * 256 + d!, bits: match[5] === undefined ? 32 : bits! };
}

/** The first slot that is not taken and whose networks no existing route covers; undefined when there is none. Pure. */
export function chooseSlot(taken: readonly number[], routes: readonly string[]): number | undefined {
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const { podCidr } = networkOf(slot);
    if (!taken.includes(slot) && !routes.some((route) => overlaps(podCidr, route))) return slot;
  }
  return undefined;
}
