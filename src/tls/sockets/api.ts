// What the TLS transport sockets offer to their extensions. Importing this loads node:tls.
export { readDownstreamTls } from './downstream-config.ts';
export { readUpstreamTls } from './upstream-config.ts';
