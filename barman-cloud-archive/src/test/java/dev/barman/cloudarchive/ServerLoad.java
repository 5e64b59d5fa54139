// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Path;

/** A session of its own that executes a statement until it is closed. Not thread-safe. */
final class ServerLoad implements AutoCloseable {
    private final PostgresCluster cluster;
    private final Process psql;

    private ServerLoad(PostgresCluster cluster, Process psql) {
        this.cluster = cluster;
        this.psql = psql;
    }

    /** @param output where what psql says goes */
    static ServerLoad start(PostgresCluster cluster, Path output, String statement) throws IOException {
        return new ServerLoad(
                cluster,
                new ProcessBuilder(
                                PostgresCluster.program("psql"),
                                "-XAtq",
                                "-d",
                                cluster.conninfo() + " application_name=load",
                                "-c",
                                statement)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start());
    }

    @Override
    public void close() throws IOException, InterruptedException {
        cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'load'");
        psql.waitFor();
        cluster.await("select count(*) from pg_stat_activity where application_name = 'load'", "0", 20);
    }
}
