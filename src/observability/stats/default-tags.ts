// Owns the tags that every name is searched for unless use_all_default_tags is off: Envoy's well-known ones, whose names
// are the labels of everybody's dashboards. They are independent of another; order is the order of labels.
import type { Extraction, TagRule } from './tags.ts';

/**
 * A pattern of dotted tokens: `*` is any token, `$` the one that becomes the value (and goes, with its dot), `**` any
 * number of tokens at the end, with at least one.
 */
function tokens(tag: string, pattern: string): TagRule {
  const parts = pattern.split('.');
  const open = parts.at(-1) === '**';
  const inner = parts.indexOf('**');
  const fixed = open ? parts.slice(0, -1) : parts;
  // `a.$.**.query.*`: what stands behind an inner `**` is matched from the end.
  const head = inner === -1 || inner === parts.length - 1 ? fixed : parts.slice(0, inner);
  const tail = inner === -1 || inner === parts.length - 1 ? [] : parts.slice(inner + 1);
  const valueAt = parts.indexOf('$');
  return {
    tag,
    first: parts[0] as string,
    extract(_name, given) {
      if (given.length < head.length + tail.length + (open || tail.length > 0 ? 1 : 0)) return null;
      if (!open && tail.length === 0 && given.length !== head.length) return null;
      for (let i = 1; i < head.length; i++) {
        const part = head[i] as string;
        if (part !== '*' && part !== '$' && part !== given[i]) return null;
      }
      for (let i = 0; i < tail.length; i++) {
        const part = tail[i] as string;
        if (part !== '*' && part !== given[given.length - tail.length + i]) return null;
      }
      let start = 0;
      for (let i = 0; i < valueAt; i++) start += (given[i] as string).length + 1;
      const value = given[valueAt] as string;
      return { start, end: start + value.length + 1, value };
    },
  };
}

/** For what tokens cannot say. The first group goes, the second is the value. The patterns are ours and take linear time. */
function expression(tag: string, first: string, source: RegExp, contains = ''): TagRule {
  const regexp = new RegExp(source.source, 'd');
  return {
    tag,
    first,
    extract(name): Extraction | null {
      if (contains !== '' && !name.includes(contains)) return null;
      const match = regexp.exec(name);
      const range = match?.indices?.[1];
      if (match === null || range === undefined) return null;
      return { start: range[0], end: range[1], value: match[2] ?? match[1] ?? '' };
    },
  };
}

/** Address with port as names hold it: `127.0.0.1_80`, `[__1]_80`. */
const ADDRESS = String.raw`(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[a-fA-F_\d]+\])_\d+`;

export const defaultTagRules: readonly TagRule[] = [
  expression('envoy.response_code', '', /_rq(_(\d{3}))$/, '_rq_'),
  expression('envoy.response_code_class', '', /_rq_((\d))xx$/, '_rq_'),
  tokens('envoy.mongo_callsite', 'mongo.*.collection.*.callsite.$.query.**'),
  tokens('envoy.mongo_collection', 'mongo.*.collection.$.**.query.*'),
  tokens('envoy.mongo_cmd', 'mongo.*.cmd.$.**'),
  tokens('envoy.grpc_bridge_method', 'cluster.*.grpc.*.$.**'),
  tokens('envoy.http_user_agent', 'http.*.user_agent.$.**'),
  tokens('envoy.virtual_cluster', 'vhost.*.vcluster.$.**'),
  tokens('envoy.fault_downstream_cluster', 'http.*.fault.$.**'),
  expression('envoy.ssl_cipher', 'listener', /^listener\..*?\.ssl\.cipher(\.([^.]+))$/, '.ssl.cipher.'),
  expression('cipher_suite', 'cluster', /^cluster\.[^.]+\.ssl\.ciphers(\.([^.]+))$/, '.ssl.ciphers.'),
  tokens('envoy.grpc_bridge_service', 'cluster.*.grpc.$.**'),
  tokens('envoy.tcp_prefix', 'tcp.$.**'),
  tokens('envoy.udp_prefix', 'udp.$.**'),
  tokens('envoy.clientssl_prefix', 'auth.clientssl.$.**'),
  tokens('envoy.ratelimit_prefix', 'ratelimit.$.**'),
  tokens('envoy.ext_authz_prefix', 'cluster.*.ext_authz.$.**'),
  expression(
    'envoy.health_check_name',
    'cluster',
    /^cluster\.[^.]+\.health_check(\.name\.([^.]+))\..+/,
    '.health_check.name.',
  ),
  tokens('envoy.cluster_name', 'cluster.$.**'),
  expression('envoy.http_conn_manager_prefix', 'listener', /^listener\..*?\.http\.(([^.]+)\.)/, '.http.'),
  tokens('envoy.http_conn_manager_prefix', 'http.$.**'),
  expression(
    'envoy.worker_id',
    'listener',
    new RegExp(`^listener\\.(?:${ADDRESS}|[^.]+)\\.worker_((\\d+)\\.)`),
    '.worker_',
  ),
  expression('envoy.worker_id', 'server', /^server\.worker_((\d+)\.)/),
  expression('envoy.worker_id', 'listener_manager', /^listener_manager\.worker_((\d+)\.)/),
  expression('envoy.worker_id', 'thread_local_cluster_manager', /^thread_local_cluster_manager\.worker_((\d+)\.)/),
  // The admin listener keeps its name.
  expression('envoy.listener_address', 'listener', new RegExp(`^listener\\.((${ADDRESS}|(?!admin\\.)[^.]+)\\.)`)),
  tokens('envoy.virtual_host', 'vhost.$.**'),
  tokens('envoy.mongo_prefix', 'mongo.$.**'),
  expression('envoy.rds_route_config', 'http', /^http\.[^.]+\.rds\.(([^.].*)\.)\w+$/, '.rds.'),
  expression('envoy.scoped_rds_config', 'http', /^http\.[^.]+\.scoped_rds\.(([^.].*)\.)\w+$/, '.scoped_rds.'),
  tokens('envoy.route', 'vhost.*.route.$.**'),
  tokens('envoy.thrift_prefix', 'thrift.$.**'),
  tokens('envoy.redis_prefix', 'redis.$.**'),
  expression('envoy.rbac_policy_name', 'http', /^http\.[^.]+\.rbac\.(?:[^.]+\.)?policy\.(([^.]+)\.)\w+$/, '.policy.'),
  expression('envoy.rbac_http_prefix', 'http', /^http\.[^.]+\.rbac\.((?!policy\.)([^.]+)\.)/, '.rbac.'),
  tokens('envoy.ext_authz_prefix', 'http.*.ext_authz.$.**'),
  tokens('envoy.connection_limit_prefix', 'connection_limit.$.**'),
  tokens('envoy.local_network_ratelimit_prefix', 'local_rate_limit.$.**'),
  tokens('envoy.local_listener_ratelimit_prefix', 'listener_local_ratelimit.$.**'),
  expression('envoy.local_http_ratelimit_prefix', '', /^(([^.]+)\.)http_local_rate_limit\./, '.http_local_rate_limit.'),
  tokens('envoy.dns_filter_prefix', 'dns_filter.$.**'),
  tokens('envoy.google_grpc_client_prefix', 'grpc.$.**'),
  expression('envoy.proxy_protocol_version', 'proxy_proto', /^proxy_proto\.(?:[^.]+\.)?(versions\.v(\d)\.)\w+$/),
  expression('envoy.proxy_protocol_prefix', 'proxy_proto', /^proxy_proto\.((?!versions\.)([^.]+)\.).+$/),
  expression('envoy.xds_resource_name', 'sds', /^sds\.(([^.]+)\.).+/),
];
