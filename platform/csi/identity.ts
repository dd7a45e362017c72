import type { Logger } from 'pino';
import type { Handlers } from './protocol.ts';

/** The Identity service. */
export function identityHandlers(driverName: string): Handlers {
  return {
    GetPluginInfo: () => ({ name: driverName, vendorVersion: '1' }),
    GetPluginCapabilities: () => ({ capabilities: [{ service: { type: 'CONTROLLER_SERVICE' } }] }),
    Probe: () => ({ ready: { value: true } }),
  };
}

/** The kubelet's plugin registration: it finds this service's socket in its folder and asks where the driver listens. */
export function registrationHandlers(driverName: string, socket: string, log: Logger): Handlers {
  return {
    GetInfo: () => ({ type: 'CSIPlugin', name: driverName, endpoint: socket, supportedVersions: ['1.0.0'] }),
    NotifyRegistrationStatus: ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
      if (pluginRegistered) log.info('registered with the kubelet');
      else log.error({ reason: error }, 'the kubelet refused the registration');
      return {};
    },
  };
}
