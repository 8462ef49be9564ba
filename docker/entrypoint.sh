#!/bin/sh
# What every container of ours runs. Secrets come from the environment or from two volumes, where the container `secrets`, the
# first to run, makes what is missing, once: /secrets/database has the owner's password, which the web does not see, and
# /secrets/web the web's and that of its tokens, which the database does not see.
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

url() { # url USER FILE: of the container `db`
  password=$(node -p 'encodeURIComponent(require("node:fs").readFileSync(process.argv[1], "utf8"))' "/secrets/$2")
  printf %s "postgres://$1:$password@db:5432/stratafolio"
}

if [ "${1:-}" = secrets ]; then
  # Where earlier versions kept it.
  if [ -s /secrets/database/jwt-secret ]; then mv /secrets/database/jwt-secret /secrets/web/jwt-secret; fi
  keep database/database-password "${POSTGRES_PASSWORD:-}"
  keep web/database-password ""
  keep web/jwt-secret "${JWT_SECRET:-}"
  if [ "${2:-}" = rotate ]; then rotate web/jwt-secret; fi
  exit
fi

# With a database of one's own both are given.
if [ -z "${DATABASE_URL:-}" ] && [ -z "${WEB_DATABASE_URL:-}" ]; then
  if [ -r /secrets/database/database-password ]; then
    DATABASE_URL=$(url stratafolio database/database-password)
    export DATABASE_URL
  fi
  if [ -r /secrets/web/database-password ]; then
    WEB_DATABASE_URL=$(url stratafolio_site web/database-password)
    export WEB_DATABASE_URL
  fi
fi
if [ -z "${JWT_SECRET:-}" ] && [ -r /secrets/web/jwt-secret ]; then
  JWT_SECRET=$(cat /secrets/web/jwt-secret)
  export JWT_SECRET
fi
exec node --liftoff-only --max-semi-space-size=4 src/cli/start.js "$@"
