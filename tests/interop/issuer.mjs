// A published authorization server on loopback: `node issuer.mjs PORT RESOURCES`, where each resource is RESOURCES with a word after it.
// Tokens for `mcp`, `es` and `ed` are signed, each in another way, and those for `opaque` say nothing by themselves. Its keys are new
// with each start.
import crypto from 'node:crypto'
import Provider from 'oidc-provider'

const [port, resources] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const signed = { mcp: 'RS256', es: 'ES256', ed: 'EdDSA', opaque: null }
const scope = 'notes:read notes:write'
const key = (type, options, algorithm) => ({
  ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid: `${algorithm}-${process.pid}`,
  alg: algorithm,
  use: 'sig',
})

const provider = new Provider(issuer, {
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
      key('ed25519', {}, 'EdDSA'),
    ],
  },
  scopes: ['openid', 'offline_access', ...scope.split(' ')],
  clients: [
    {
      client_id: 'agent',
      client_secret: 'agent-secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
      scope,
    },
    {
      client_id: 'rs',
      client_secret: 'rs-secret',
      grant_types: [],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      client_id: 'person',
      redirect_uris: ['http://127.0.0.1:9/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      scope: `openid offline_access ${scope}`,
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_ctx, client) => client.clientId === 'rs' },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${resources}mcp`,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => {
        const word = resource.startsWith(resources) ? resource.slice(resources.length) : ''
        if (!(word in signed)) throw new Error('invalid_target')
        const algorithm = signed[word]
        return {
          scope,
          audience: resource,
          accessTokenTTL: Number(ctx.oidc?.body?.ttl ?? 300),
          accessTokenFormat: algorithm ? 'jwt' : 'opaque',
          ...(algorithm && { jwt: { sign: { alg: algorithm } } }),
        }
      },
    },
  },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  extraTokenClaims: async () => ({ roles: ['reader'] }),
  ttl: { ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? 300, AccessToken: 300 },
})
provider.listen(Number(port), '127.0.0.1', () => console.log(issuer))
