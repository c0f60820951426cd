/** Owns what Envoy asks of a TCP proxy beyond the API's rules. */
import type { TcpProxy } from '../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { isProtected } from './header-mutations.ts';

export function checkTcpProxy(proxy: TcpProxy, context: ConfigContext): void {
  for (const { header } of proxy.tunnelingConfig?.headersToAdd ?? []) {
    if (header === undefined || !isProtected(header.key)) continue;
    const text = `${JSON.stringify(header.key)} may not be added: host and pseudo-headers are the tunnel's own`;
    context.error(header, 'key', 'RMR0903', text, 'hostname and post_path say where the tunnel leads');
  }
  if (proxy.accessLogOptions === undefined) return;
  for (const [field, isSet] of [
    ['access_log_flush_interval', proxy.accessLogFlushInterval !== undefined],
    ['flush_access_log_on_connected', proxy.flushAccessLogOnConnected],
  ] as const) {
    if (!isSet) continue;
    const text = `${field} is the older form of what access_log_options says: only one of them may stand here`;
    context.error(proxy, field, 'RMR0903', text);
  }
}
