// Owns /server_info: envoy.admin.v3.ServerInfo. Unlike in other answers, fields without a value are printed too.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/server_info.proto
import { LEVEL_NAMES } from '../../base/logger.ts';
import type { Server } from '../compose.ts';
import type { JsonObject } from './message-json.ts';
import { nodeJson } from './node.ts';

export function serverInfo(server: Server, hotRestartVersion: string): JsonObject {
  server.refreshStats();
  const uptime = `${server.serverStats.uptime.value}s`;
  return {
    version: server.options.reportedVersion,
    state: server.state,
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    hot_restart_version: hotRestartVersion,
    command_line_options: commandLineOptions(server),
    node: fullNode(nodeJson(server)),
    hot_restart_initializing: false,
  };
}

function commandLineOptions({ options }: Server): JsonObject {
  const { otherFlags } = options;
  const seconds = (milliseconds: number): string => `${milliseconds / 1000}s`;
  const modes = { serve: 'Serve', validate: 'Validate', init_only: 'InitOnly' } as const;
  return {
    base_id: String(options.baseId),
    concurrency: options.concurrency,
    config_path: options.configPath,
    config_yaml: options.configYaml,
    allow_unknown_static_fields: options.allowUnknownStaticFields,
    admin_address_path: options.adminAddressPath,
    local_address_ip_version: options.localAddressIpVersion,
    log_level: LEVEL_NAMES[options.logLevel],
    component_log_level: options.componentLogLevel,
    log_format: options.logFormat,
    log_path: options.logPath,
    service_cluster: options.serviceCluster,
    service_node: options.serviceNode,
    service_zone: options.serviceZone,
    file_flush_interval: seconds(options.fileFlushIntervalMs),
    drain_time: seconds(options.drainTimeMs),
    parent_shutdown_time: seconds(options.parentShutdownTimeMs),
    mode: modes[options.mode],
    disable_hot_restart: options.disableHotRestart,
    enable_mutex_tracing: otherFlags.enableMutexTracing,
    restart_epoch: options.restartEpoch,
    cpuset_threads: otherFlags.cpusetThreads,
    reject_unknown_dynamic_fields: options.rejectUnknownDynamicFields,
    log_format_escaped: options.logFormatEscaped,
    disabled_extensions: [...options.disabledExtensions],
    ignore_unknown_dynamic_fields: options.ignoreUnknownDynamicFields,
    use_dynamic_base_id: options.useDynamicBaseId,
    base_id_path: options.baseIdPath,
    drain_strategy: options.drainStrategy === 'gradual' ? 'Gradual' : 'Immediate',
    enable_fine_grain_logging: otherFlags.enableFineGrainLogging,
    socket_path: otherFlags.socketPath,
    socket_mode: otherFlags.socketMode,
    enable_core_dump: otherFlags.enableCoreDump,
    stats_tag: options.statsTags.map(({ name, value }) => `${name}:${value}`),
    skip_hot_restart_on_no_parent: otherFlags.skipHotRestartOnNoParent,
    skip_hot_restart_parent_stats: otherFlags.skipHotRestartParentStats,
    skip_deprecated_logs: options.skipDeprecatedLogs,
    file_flush_min_size: options.fileFlushMinSizeKb,
    log_stacktrace_single_entry: otherFlags.logStacktraceSingleEntry,
  };
}

/** With the fields that have no value. */
function fullNode(node: JsonObject): JsonObject {
  const { id, cluster, metadata, locality, user_agent_build_version, extensions, ...rest } = node;
  const place = (locality ?? {}) as JsonObject;
  const build = user_agent_build_version as JsonObject;
  const numbers = build['version'] as JsonObject;
  return {
    id: id ?? '',
    cluster: cluster ?? '',
    ...(metadata === undefined ? {} : { metadata }),
    ...(locality === undefined
      ? {}
      : { locality: { region: place['region'] ?? '', zone: place['zone'] ?? '', sub_zone: place['sub_zone'] ?? '' } }),
    user_agent_name: 'envoy',
    user_agent_build_version: {
      ...build,
      version: {
        major_number: numbers['major_number'] ?? 0,
        minor_number: numbers['minor_number'] ?? 0,
        patch: numbers['patch'] ?? 0,
      },
    },
    extensions: ((extensions ?? []) as JsonObject[]).map((extension) => ({
      name: extension['name'] ?? '',
      category: extension['category'] ?? '',
      type_descriptor: '',
      disabled: false,
      type_urls: extension['type_urls'] ?? [],
    })),
    client_features: [],
    listening_addresses: [],
    dynamic_parameters: {},
    ...rest,
  };
}
