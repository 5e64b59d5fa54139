// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.prefetch.PrefetchProgram;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The background process of {@code barman-cloud-wal-restore --parallel}: the {@link PrefetchProgram} for a bucket. */
public final class WalPrefetchMain {
    /** The options with a value that it is given from the command's own. */
    private static final String[] VALUES = {
        "--cloud-provider", "--endpoint-url", "--aws-profile", "--read-timeout", "--azure-credential"
    };

    private WalPrefetchMain() {}

    /**
     * Fetches ahead until there is a reason to end.
     *
     * @param args see {@link dev.barman.wal.prefetch.PrefetchStart}
     */
    public static void main(String[] args) {
        System.exit(run(args, System.err, CloudOptions::open));
    }

    static int run(String[] args, PrintStream log, CloudWalRestoreMain.Stores stores) {
        return new PrefetchProgram(CloudWalRestoreMain.PROGRAM, new Bucket(stores)).run(args, log);
    }

    /** The options for this program, from those of the command. */
    static List<String> options(ParsedArguments arguments) {
        List<String> options = new ArrayList<>();
        for (String option : VALUES) {
            String value = arguments.value(option);
            if (value != null) {
                options.add(option + "=" + value);
            }
        }
        if (arguments.has("--no-partial")) {
            options.add("--no-partial");
        }
        return options;
    }

    private record Bucket(CloudWalRestoreMain.Stores stores) implements PrefetchProgram.Archive {
        @Override
        public void declare(ArgumentParser parser) {
            CloudOptions.declare(parser);
            parser.flag("no partial segments", "--no-partial")
                    .positional("SOURCE_URL", "URL of the bucket and the path in it")
                    .positional("SERVER_NAME", "the server");
        }

        @Override
        public SegmentSource.Opener prepare(ParsedArguments arguments, WalSpool spool, int jobs, Consumer<String> log)
                throws UsageException {
            CloudLocation location;
            CloudSettings settings;
            WalKeys keys;
            try {
                location = CloudOptions.location(arguments.positional("SOURCE_URL"), CloudOptions.provider(arguments));
                settings = CloudOptions.settings(arguments);
                keys = CloudWalRestoreMain.walKeys(location, arguments.positional("SERVER_NAME"));
            } catch (CloudException e) {
                throw new UsageException(String.valueOf(e.getMessage()));
            }
            boolean partial = !arguments.has("--no-partial");
            return (first, results) -> {
                BucketSource source =
                        new BucketSource(stores.open(location, settings), keys, partial, jobs, spool, results);
                source.start();
                source.request(first);
                return source;
            };
        }
    }
}
