/** Owns the rule that routes may not add or remove the headers which say where a request goes. */
import type { HeaderValueOption } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { ConfigContext } from '../context.ts';

type Mutations = {
  readonly requestHeadersToAdd: readonly HeaderValueOption[];
  readonly requestHeadersToRemove: readonly string[];
  readonly responseHeadersToAdd: readonly HeaderValueOption[];
  readonly responseHeadersToRemove: readonly string[];
};

export function checkHeaderMutations(message: Mutations, context: ConfigContext): void {
  for (const option of [...message.requestHeadersToAdd, ...message.responseHeadersToAdd]) {
    if (option.header === undefined || !isProtected(option.header.key)) continue;
    const text = `${JSON.stringify(option.header.key)} may not be changed this way: host and pseudo-headers are the route's`;
    context.error(option.header, 'key', 'RMR0600', text, 'use host_rewrite_literal, prefix_rewrite or regex_rewrite');
  }
  for (const [field, names] of [
    ['request_headers_to_remove', message.requestHeadersToRemove],
    ['response_headers_to_remove', message.responseHeadersToRemove],
  ] as const) {
    for (const [index, name] of names.entries()) {
      if (!isProtected(name)) continue;
      context.error(message, `${field}[${index}]`, 'RMR0600', `${JSON.stringify(name)} may not be removed`);
    }
  }
}

/** Pseudo-headers and host. */
export function isProtected(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}
