// Owns the way from envoy.config.rbac.v3.Principal, who a request comes from, to its test.
import type { ConfigContext } from '../../../config/api.ts';
import type { CidrRange as CidrMessage } from '../../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { TypedExtensionConfig } from '../../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { Principal } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { Config as MtlsAuthenticated } from '../../../generated/envoy/extensions/rbac/principals/mtls_authenticated/v3/mtls_authenticated_pb.d.ts';
import {
  readCidr,
  readFilterStateMatcher,
  readHeaderMatcher,
  readPathMatcher,
  readStringMatcher,
} from '../../../matchers/api.ts';
import { readDynamicMetadata, readEach, readSourcedMetadata } from './config-values.ts';
import { AuthenticatedMatcher, addressOf, IpMatcher, MtlsMatcher } from './connection-matchers.ts';
import { AllMatcher, AnyMatcher, anything, NotMatcher, type RbacMatcher } from './matcher.ts';
import { RequestHeaderMatcher, StateMatcher, UrlPathMatcher } from './request-matchers.ts';

/** Undefined when something was wrong and reported. */
export function readPrincipal(message: Principal, context: ConfigContext): RbacMatcher | undefined {
  const { identifier: id } = message;
  const read = (inner: Principal): RbacMatcher | undefined => readPrincipal(inner, context);
  const inRange = (readAddress: ConstructorParameters<typeof IpMatcher>[0], range: CidrMessage) => {
    const cidr = readCidr(range, context);
    return cidr && new IpMatcher(readAddress, cidr);
  };
  switch (id.case) {
    case 'andIds': {
      const ids = readEach(id.value.ids, read);
      return ids && new AllMatcher(ids);
    }
    case 'orIds': {
      const ids = readEach(id.value.ids, read);
      return ids && new AnyMatcher(ids);
    }
    case 'notId': {
      const inner = read(id.value);
      return inner && new NotMatcher(inner);
    }
    case 'any':
      // The API's own rules take only true.
      return id.value ? anything : undefined;
    case 'authenticated': {
      if (id.value.principalName === undefined) return new AuthenticatedMatcher(null);
      const name = readStringMatcher(id.value.principalName, context);
      return name && new AuthenticatedMatcher(name);
    }
    case 'sourceIp':
      return inRange(addressOf.source, id.value);
    case 'directRemoteIp':
      return inRange(addressOf.directRemote, id.value);
    case 'remoteIp':
      return inRange(addressOf.remote, id.value);
    case 'header': {
      const header = readHeaderMatcher(id.value, context);
      return header && new RequestHeaderMatcher(header);
    }
    case 'urlPath': {
      const path = readPathMatcher(id.value, context);
      return path && new UrlPathMatcher(path);
    }
    case 'metadata':
      return readDynamicMetadata(id.value, context);
    case 'sourcedMetadata':
      return readSourcedMetadata(id.value, context);
    case 'filterState': {
      const state = readFilterStateMatcher(id.value, context);
      return state && new StateMatcher(state);
    }
    case 'custom':
      return readExtension(id.value, context);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

/** By envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher.SanType, which may not be unspecified. */
const sanKinds = [undefined, 'email', 'dns', 'uri', 'ip', 'other'] as const;
const otherName = 5;

function readExtension(extension: TypedExtensionConfig, context: ConfigContext): RbacMatcher | undefined {
  const message = extension.typedConfig && context.unpack(extension.typedConfig);
  if (message === undefined) return undefined;
  if (message.$typeName !== 'envoy.extensions.rbac.principals.mtls_authenticated.v3.Config') {
    context.error(message, '', 'RMR0705', `${message.$typeName} is no principal of rbac`);
    return undefined;
  }
  const { sanMatcher, anyValidatedClientCertificate } = message as MtlsAuthenticated;
  if (sanMatcher === undefined) {
    if (anyValidatedClientCertificate) return new MtlsMatcher(null);
    const text = 'san_matcher or any_validated_client_certificate must say who is meant';
    context.error(message, '', 'RMR0705', text);
    return undefined;
  }
  const sanType = Number(sanMatcher.sanType);
  if (sanType === otherName && sanMatcher.oid === '') {
    context.error(sanMatcher, 'oid', 'RMR0705', 'of an OTHER_NAME the oid must be given');
    return undefined;
  }
  // Required by the API's own rules.
  const name = sanMatcher.matcher && readStringMatcher(sanMatcher.matcher, context);
  const kind = sanKinds[sanType];
  if (name === undefined || kind === undefined) return undefined;
  const pattern = sanMatcher.matcher?.matchPattern;
  const exactDns = kind === 'dns' && pattern?.case === 'exact' ? pattern.value : null;
  return new MtlsMatcher({ kind, oid: sanMatcher.oid, name, exactDns });
}
