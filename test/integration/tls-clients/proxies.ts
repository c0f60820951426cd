// Proxies with a TLS listener, for clients of flesh and blood.
import type { Test } from 'tap';
import {
  address,
  bootstrap,
  directResponse,
  httpChain,
  type Json,
  listener,
  routeConfig,
} from '../../support/bootstrap.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { pkiFile } from './clients.ts';

const tlsType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';

export function certificate(name: string): Json {
  return { certificateChain: { filename: pkiFile(`${name}.pem`) }, privateKey: { filename: pkiFile(`${name}.key`) } };
}

export const trusting = (name: string): Json => ({ trustedCa: { filename: pkiFile(`${name}.pem`) } });

export interface TlsSetup {
  /** Of the PKI; default `server`. */
  readonly certificates?: readonly string[];
  readonly common?: Json;
  readonly downstream?: Json;
  readonly chain?: Json;
  readonly listener?: Json;
}

/** The listener's statistics stand below `listener.tls.`. Its answers say in `x-tls` how it sees the connection. */
export function tlsListener(setup: TlsSetup = {}): Json {
  const { certificates = ['server'] } = setup;
  const commonTlsContext = { tlsCertificates: certificates.map(certificate), ...setup.common };
  const transportSocket = {
    name: 'tls',
    typedConfig: { '@type': tlsType, commonTlsContext, ...setup.downstream },
  };
  const header = { key: 'x-tls', value: '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT%' };
  const routes = { ...routeConfig('local', [directResponse('ok')]), responseHeadersToAdd: [{ header }] };
  const chain = httpChain({ routeConfig: routes }, { transportSocket, ...setup.chain });
  return listener('main', address(0), [chain], { statPrefix: 'tls', ...setup.listener });
}

export function tlsBootstrap(setup: TlsSetup = {}): Json {
  return bootstrap([tlsListener(setup)], []);
}

export async function tlsProxy(t: Test, setup: TlsSetup = {}, fakeTime = false): Promise<RunningProxy> {
  const starting = remora(t, () => tlsBootstrap(setup));
  return (fakeTime ? starting.fakeTime() : starting).to();
}

/** No connection is left. */
export async function empty(proxy: RunningProxy): Promise<void> {
  const left = ['downstream_cx_active', 'downstream_pre_cx_active'].map((name) => `listener.tls.${name}`);
  await until(() => left.every((name) => proxy.stat(name) === 0), 'the end of all connections');
}

export const tlsInspector: Json = {
  listenerFilters: [
    {
      name: 'tls_inspector',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
      },
    },
  ],
};
