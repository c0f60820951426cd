// Owns what a kind of access logger is to core: a factory in the registry.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../config/context.ts';
import { type ExtensionCategory, extensionCategory } from '../../config/extension-registry.ts';
import type { AccessLogFilter, AccessLogger } from './logger.ts';
import type { AccessLogSettings } from './settings.ts';

export interface AccessLoggerContext {
  readonly config: ConfigContext;
  readonly settings: AccessLogSettings;
}

/** Makes a logger from its message (`typed_config`); undefined when it reported errors to `context.config`. */
export interface AccessLoggerFactory {
  create(message: Message, context: AccessLoggerContext): AccessLogger | undefined;
}

export const accessLoggerCategory: ExtensionCategory<AccessLoggerFactory> =
  extensionCategory<AccessLoggerFactory>('envoy.access_loggers');

/** Makes a filter from its message (extension_filter); undefined when it reported errors to `context.config`. */
export interface AccessLogFilterFactory {
  create(message: Message, context: AccessLoggerContext): AccessLogFilter | undefined;
}

export const accessLogFilterCategory: ExtensionCategory<AccessLogFilterFactory> =
  extensionCategory<AccessLogFilterFactory>('envoy.access_loggers.extension_filters');
