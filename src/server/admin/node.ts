// Owns how this process describes itself: envoy.config.core.v3.Node, in /server_info and /config_dump (and later to
// control planes, which choose by it what they send).
import type { JsonValue } from '@bufbuild/protobuf';
import type { Server } from '../compose.ts';
import { type JsonObject, messageJson } from './message-json.ts';

/** The node of the bootstrap with what the command line and the build add to it. */
export function nodeJson(server: Server): JsonObject {
  const { bootstrap, options } = server;
  const given: JsonObject = bootstrap.message.node === undefined ? {} : messageJson(bootstrap.message.node);
  const { id, cluster, zone } = bootstrap.node;
  const { id: _id, cluster: _cluster, metadata, dynamic_parameters, locality, ...rest } = given;
  const place = { ...((locality ?? {}) as JsonObject), ...(zone === '' ? {} : { zone }) };
  return {
    ...rest,
    ...(id === '' ? {} : { id }),
    ...(cluster === '' ? {} : { cluster }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(dynamic_parameters === undefined ? {} : { dynamic_parameters }),
    ...(Object.keys(place).length === 0 ? {} : { locality: place }),
    user_agent_name: 'envoy',
    user_agent_build_version: buildVersion(options.reportedVersion),
    extensions: extensionsJson(server),
  };
}

/** `SHA/1.40.0/Clean/RELEASE/OpenSSL`. */
function buildVersion(reported: string): JsonObject {
  const [revision = '', number = '', status = '', type = '', library = ''] = reported.split('/');
  const [major = 0, minor = 0, patch = 0] = number.split(/[.-]/).map(Number);
  const numbers = {
    ...(major === 0 ? {} : { major_number: major }),
    ...(minor === 0 ? {} : { minor_number: minor }),
    ...(patch === 0 || Number.isNaN(patch) ? {} : { patch }),
  };
  return {
    version: numbers,
    metadata: { 'revision.sha': revision, 'ssl.version': library, 'build.type': type, 'revision.status': status },
  };
}

function extensionsJson(server: Server): JsonValue {
  return server.services.extensions.list().map(({ name, category, typeNames }) => ({
    name,
    category,
    ...(typeNames.length === 0 ? {} : { type_urls: [...typeNames] }),
  }));
}
