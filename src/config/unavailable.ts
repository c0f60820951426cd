/**
 * Owns what is said of extensions that Envoy has and that are not to be expected here: why, and what serves instead. Of the
 * others it is only said that they are not implemented yet.
 */

export interface Unavailable {
  readonly reason: string;
  readonly advice: string;
}

const network = 'envoy.extensions.filters.network';
const tcpProxy = 'a tcp_proxy passes its bytes on and counts them';

/** A proxy that reads a protocol which is neither HTTP nor bytes as they come. */
function protocol(name: string, advice = tcpProxy): Unavailable {
  return { reason: `Remora does not read ${name}: it proxies HTTP, and other protocols as bytes`, advice };
}

/** Envoy's own image, and its API, know nothing of these either. */
function contrib(name: string): Unavailable {
  return { reason: `${name} is part of Envoy's contrib image only, and not of Remora`, advice: tcpProxy };
}

const startTls: Unavailable = {
  reason:
    'no filter here could begin TLS on it (in Envoy postgres_proxy of the contrib image does, or a dynamic module): everything would stay in clear text',
  advice: 'use envoy.transport_sockets.tls, or raw_buffer where clear text is meant',
};

/** By the beginning of the message's full name. */
export const unavailableExtensions: readonly (readonly [beginning: string, Unavailable])[] = [
  [`${network}.redis_proxy.`, protocol('Redis')],
  [`${network}.mongo_proxy.`, protocol('the protocol of MongoDB', `leave it out: ${tcpProxy}`)],
  [`${network}.zookeeper_proxy.`, protocol('the protocol of ZooKeeper', `leave it out: ${tcpProxy}`)],
  [`${network}.thrift_proxy.`, protocol('Thrift')],
  [`${network}.dubbo_proxy.`, protocol('Dubbo')],
  [`${network}.generic_proxy.`, protocol('protocols by codecs of an extension')],
  [`${network}.kafka_broker.`, contrib('kafka_broker')],
  [`${network}.kafka_mesh.`, contrib('kafka_mesh')],
  [`${network}.mysql_proxy.`, contrib('mysql_proxy')],
  [`${network}.postgres_proxy.`, contrib('postgres_proxy')],
  [`${network}.rocketmq_proxy.`, contrib('rocketmq_proxy')],
  [`${network}.sip_proxy.`, contrib('sip_proxy')],
  [`${network}.client_ssl_auth.`, contrib('client_ssl_auth')],
  [`${network}.golang.`, contrib('golang')],
  ['envoy.extensions.transport_sockets.starttls.', startTls],
  [
    'envoy.extensions.transport_sockets.alts.',
    {
      reason: "ALTS is the handshake of Google's own machines, and needs their handshaker service",
      advice: 'use envoy.transport_sockets.tls',
    },
  ],
];

/** `typeName`: full name of a message; undefined: there is nothing to say. */
export function unavailable(typeName: string): Unavailable | undefined {
  return unavailableExtensions.find(([beginning]) => typeName.startsWith(beginning))?.[1];
}
