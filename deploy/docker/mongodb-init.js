// Makes the replica set and one user per service, each for its own database alone. Safe to repeat: a changed password
// in the secrets is taken over.
const { readFileSync } = require("fs");

const SERVICES = ["intake", "router", "sla-monitor", "notifier"];
const HOST = "mongodb:27017";
const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();

const TRIES = 60; // a second apart
const password = encodeURIComponent(secret("mongodb_root_password"));
const address = `mongodb://root:${password}@${HOST}/admin?directConnection=true&serverSelectionTimeoutMS=2000`;

// No callbacks here: mongosh waits for the server in plain loops, and not inside a function that is passed along.
let admin = null;
for (let tries = 1; admin === null; tries++) {
  try {
    const candidate = connect(address);
    candidate.hello();
    admin = candidate;
  } catch (error) {
    if (tries === TRIES) throw error;
    sleep(1000);
  }
}

if (!admin.hello().setName) {
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: HOST }] } });
}
for (let tries = 1; !admin.hello().isWritablePrimary; tries++) {
  if (tries === TRIES) throw new Error("the replica set has no primary");
  sleep(1000);
}

for (const service of SERVICES) {
  const database = admin.getSiblingDB(`tawasul_${service.replaceAll("-", "_")}`);
  const user = {
    pwd: secret(`${service}_mongodb_password`),
    roles: [{ role: "readWrite", db: database.getName() }],
  };
  if (database.getUser(service)) database.updateUser(service, user);
  else database.createUser({ user: service, ...user });
  print(`${service} may read and write ${database.getName()}`);
}
