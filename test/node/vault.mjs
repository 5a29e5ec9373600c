// node-vault as a program: a line of JSON in ({"verb", "path", "body", "ns"}), a line of JSON out: the answer's body, or
// {"error": {"status", "errors"}}. The address and the token come from VAULT_ADDR and VAULT_TOKEN.
import { createInterface } from 'node:readline';
import NodeVault from 'node-vault';

const verbs = {
    read: (vault, path) => vault.read(path),
    list: (vault, path) => vault.list(path),
    write: (vault, path, body) => vault.write(path, body ?? {}),
    delete: (vault, path) => vault.delete(path),
    mount: (vault, path, body) => vault.mount({ mount_point: path, ...body }),
    auth: (vault, path, body) => vault.enableAuth({ mount_point: path, ...body }),
    policy: (vault, path, body) => vault.addPolicy({ name: path, ...body }),
    approle: (vault, path, body) => vault.approleLogin(body),
    decrypt: (vault, path, body) => vault.decryptData({ name: path, ...body }),
    seal: (vault) => vault.seal(),
    unseal: (vault, path, body) => vault.unseal(body),
};

for await (const line of createInterface({ input: process.stdin })) {
    const { verb, path, body, ns } = JSON.parse(line);
    try {
        const vault = NodeVault({ apiVersion: 'v1', endpoint: process.env.VAULT_ADDR, token: process.env.VAULT_TOKEN, namespace: ns ?? undefined });
        console.log(JSON.stringify(await verbs[verb](vault, path, body ?? undefined) ?? null));
    } catch (e) {
        console.log(JSON.stringify({ error: { status: e.response?.statusCode ?? e.response?.status, errors: e.response?.body?.errors ?? [e.message] } }));
    }
}
