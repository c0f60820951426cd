/**
 * Owns the rule that a filter chain ends with a filter that answers or forwards, and that nothing stands behind it.
 * Which filters these are is a property of the filter (Envoy's isTerminalFilter).
 */
import type { Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Filter } from '../../generated/envoy/config/listener/v3/listener_components_pb.d.ts';
import type { HttpFilter } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { alreadyUnpacked, heldTypeName } from '../unpacked.ts';

const network = 'envoy.extensions.filters.network';

const terminalNetworkFilters = new Set([
  `${network}.http_connection_manager.v3.HttpConnectionManager`,
  `${network}.tcp_proxy.v3.TcpProxy`,
  `${network}.echo.v3.Echo`,
  `${network}.direct_response.v3.Config`,
  `${network}.redis_proxy.v3.RedisProxy`,
  `${network}.thrift_proxy.v3.ThriftProxy`,
  `${network}.dubbo_proxy.v3.DubboProxy`,
  `${network}.generic_proxy.v3.GenericProxy`,
  `${network}.reverse_tunnel.v3.ReverseTunnel`,
]);

const terminalHttpFilters = new Set([
  'envoy.extensions.filters.http.router.v3.Router',
  'envoy.extensions.filters.http.mcp_router.v3.McpRouter',
]);

/** Filters that can be either, by their configuration or by code that is loaded into them. */
function mayBeEither(typeName: string, any: Any): boolean {
  const message: Message | undefined = alreadyUnpacked(any);
  return (
    typeName.includes('.dynamic_modules.') ||
    (message !== undefined && Reflect.get(message, 'isTerminalFilter') === true)
  );
}

type Link = {
  readonly message: Filter | HttpFilter;
  readonly name: string;
  readonly any: Any | undefined;
  readonly disabled: boolean;
};

export function checkNetworkFilters(filters: readonly Filter[], context: ConfigContext): void {
  const links = filters.map((filter): Link => {
    const any = filter.configType.case === 'typedConfig' ? filter.configType.value : undefined;
    return { message: filter, name: filter.name, any, disabled: false };
  });
  checkChain(links, terminalNetworkFilters, 'envoy.extensions.filters.network.', 'network filter', context);
}

export function checkHttpFilters(filters: readonly HttpFilter[], context: ConfigContext): void {
  const links = filters.map((filter): Link => {
    const any = filter.configType.case === 'typedConfig' ? filter.configType.value : undefined;
    return { message: filter, name: filter.name, any, disabled: filter.disabled };
  });
  checkChain(links, terminalHttpFilters, 'envoy.extensions.filters.http.', 'HTTP filter', context);
}

function checkChain(
  links: readonly Link[],
  terminals: ReadonlySet<string>,
  packagePrefix: string,
  kind: string,
  context: ConfigContext,
): void {
  for (const [index, { message, name, any, disabled }] of links.entries()) {
    // Filters by discovery are asked when they arrive; filters without a configuration are reported elsewhere.
    if (any === undefined || any.typeUrl === '') continue;
    const typeName = heldTypeName(any);
    if (!typeName.startsWith(packagePrefix)) {
      // ExtensionWithMatcher and its like wrap a filter.
      if (!typeName.startsWith('envoy.extensions.filters.')) continue;
      context.error(any, '', 'RMR0505', `${typeName} is not the configuration of a ${kind}`);
      continue;
    }
    if (mayBeEither(typeName, any)) continue;
    const isLast = index === links.length - 1;
    const isTerminal = terminals.has(typeName);
    if (isTerminal && !isLast) {
      const text = `${JSON.stringify(name)} ends the chain (it is a terminal filter), and another ${kind} stands behind it`;
      context.error(message, '', 'RMR0505', text, 'move it to the end');
    } else if (!isTerminal && isLast) {
      const text = `${JSON.stringify(name)} is the last ${kind} of the chain and not a terminal one: nothing would answer`;
      const ending =
        kind === 'HTTP filter'
          ? 'envoy.extensions.filters.http.router.v3.Router'
          : 'a tcp_proxy or http_connection_manager';
      context.error(message, '', 'RMR0505', text, `add ${ending} behind it`);
    } else if (isTerminal && disabled) {
      context.error(message, 'disabled', 'RMR0505', `${JSON.stringify(name)} ends the chain and cannot be disabled`);
    }
  }
}
