#!/bin/sh
# What every container of ours runs. Secrets come from the environment or from the volume /secrets, where the
# container `secrets`, the first to run, makes what is missing, once.
set -eu

keep() { # keep NAME VALUE: the value if there is one, else a random one unless one is kept
  if [ -n "$2" ]; then
    printf %s "$2" > "/secrets/$1"
  elif [ ! -s "/secrets/$1" ]; then
    random > "/secrets/$1"
  fi
}

random() {
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

rotate() { # rotate NAME: a new one signs, and what the last one signed still counts
  { random; echo; head -n 1 "/secrets/$1"; } > "/secrets/$1.new"
  mv "/secrets/$1.new" "/secrets/$1"
}

if [ "${1:-}" = secrets ]; then
  keep database-password "${POSTGRES_PASSWORD:-}"
  keep jwt-secret "${JWT_SECRET:-}"
  if [ "${2:-}" = rotate ]; then rotate jwt-secret; fi
  exit
fi

if [ -z "${DATABASE_URL:-}" ] && [ -r /secrets/database-password ]; then
  password=$(node -p 'encodeURIComponent(require("node:fs").readFileSync("/secrets/database-password", "utf8"))')
  export DATABASE_URL="postgres://stratafolio:$password@db:5432/stratafolio"
fi
if [ -z "${JWT_SECRET:-}" ] && [ -r /secrets/jwt-secret ]; then
  JWT_SECRET=$(cat /secrets/jwt-secret)
  export JWT_SECRET
fi
exec node --liftoff-only src/cli/main.ts "$@"
