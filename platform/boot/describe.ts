import { storageNames } from '../csi/manifests.ts';
import type { Platform } from '../types.ts';
import { TEMPORAL_NAMESPACE } from './components.ts';
import type { BootContext } from './context.ts';
import { NODE_NAME } from './node-config.ts';
import type { PlatformImages } from './platform-images.ts';
import { contextName } from './prepare.ts';

/** The plain description of a platform that others work with. Pure. */
export function describePlatform(context: BootContext, images: PlatformImages): Platform {
  const { name, paths, network, tools } = context;
  return {
    name,
    directory: paths.directory,
    kubeconfig: paths.kubeconfig,
    context: contextName(name),
    nodeName: NODE_NAME,
    nodeAddress: network.nodeAddress,
    apiServer: { host: network.nodeAddress, port: network.ports.apiserver },
    podCidr: network.podCidr,
    temporal: {
      address: `${network.temporalAddress}:${network.ports.temporal}`,
      uiUrl: `http://${network.temporalAddress}:${network.ports.temporalUi}`,
      namespace: TEMPORAL_NAMESPACE,
    },
    tools,
    ...storageNames,
    images: { kopia: images.kopia.reference, app: images.app.reference, pause: images.pause.reference },
  };
}
