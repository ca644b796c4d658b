#!/usr/bin/env bash
# Installs WordPress and its test library below the folder for temporary files, and makes a database for the tests.
set -euo pipefail

if [ $# -lt 3 ]; then
	echo "usage: $0 <database> <user> <password> [host] [version] [skip-database]" >&2
	exit 1
fi

database=$1
user=$2
password=$3
host=${4:-localhost}
version=${5:-latest}
skip_database=${6:-false}

temporary=${TMPDIR:-/tmp}
temporary=${temporary%/}
library=${WP_TESTS_DIR:-$temporary/wordpress-tests-lib}
core=${WP_CORE_DIR:-$temporary/wordpress}

if [ "$version" = latest ]; then
	version=$(curl -fsSL https://api.wordpress.org/core/version-check/1.7/ | grep -o '"version":"[0-9.]*"' | head -n 1 | cut -d '"' -f 4)
fi

if [ ! -d "$core" ]; then
	mkdir -p "$core"
	curl -fsSL "https://wordpress.org/wordpress-$version.tar.gz" | tar -xz --strip-components=1 -C "$core"
fi

if [ ! -d "$library" ]; then
	mkdir -p "$library"
	curl -fsSL "https://github.com/WordPress/wordpress-develop/archive/refs/tags/$version.tar.gz" | tar -xz -C "$library" --strip-components=3 \
		"wordpress-develop-$version/tests/phpunit/includes" "wordpress-develop-$version/tests/phpunit/data"
	curl -fsSL "https://raw.githubusercontent.com/WordPress/wordpress-develop/$version/wp-tests-config-sample.php" |
		sed -e "s:dirname( __FILE__ ) . '/src/':'$core/':" -e "s:__DIR__ . '/src/':'$core/':" \
			-e "s/youremptytestdbnamehere/$database/" -e "s/yourusernamehere/$user/" \
			-e "s/yourpasswordhere/$password/" -e "s|localhost|$host|" >"$library/wp-tests-config.php"
fi

if [ "$skip_database" != true ]; then
	MYSQL_PWD=$password mysqladmin create "$database" --user="$user" --host="$host" --protocol=tcp
fi
