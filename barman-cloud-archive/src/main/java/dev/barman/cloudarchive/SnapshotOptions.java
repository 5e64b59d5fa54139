// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import org.jspecify.annotations.Nullable;

/**
 * The options of backups that are made by snapshots of a provider's disks. This version has none: the options are checked as the original does, so that
 * what is wrong anyway is said first, and then refused.
 */
final class SnapshotOptions {
    private static final String MODE = "--aws-snapshot-lock-mode";
    private static final String COOL_OFF = "--aws-snapshot-lock-cool-off-period";
    private static final String DURATION = "--aws-snapshot-lock-duration";
    private static final String EXPIRATION = "--aws-snapshot-lock-expiration-date";
    private static final int MAX_COOL_OFF_HOURS = 72;
    private static final int MAX_DURATION_DAYS = 36_500;

    private SnapshotOptions() {}

    static void declare(ArgumentParser parser) {
        parser.option("INSTANCE", "for snapshots, which this version does not make", "--snapshot-instance")
                .option("DISK", "", "--snapshot-disk")
                .option("REGION", "", "--aws-region")
                .option("SECONDS", "", "--aws-await-snapshots-timeout")
                .option("MODE", "", MODE)
                .option("HOURS", "", COOL_OFF)
                .option("DAYS", "", DURATION)
                .option("DATE", "", EXPIRATION)
                .exclusive(DURATION, EXPIRATION)
                .option("SUBSCRIPTION", "", "--azure-subscription-id")
                .option("GROUP", "", "--azure-resource-group")
                .option("PROJECT", "", "--snapshot-gcp-project", "--gcp-project")
                .option("ZONE", "", "--snapshot-zone", "--gcp-zone");
    }

    /**
     * Checks the options.
     *
     * @param compressed whether a compression is asked for
     * @throws CloudException also when a snapshot is asked for
     */
    static void check(ParsedArguments arguments, boolean compressed) throws UsageException, CloudException {
        String mode = arguments.value(MODE);
        if (mode != null && !mode.equals("governance") && !mode.equals("compliance")) {
            throw new UsageException(
                    "argument " + MODE + ": invalid choice: '" + mode + "' (choose from 'governance', 'compliance')");
        }
        number(arguments, "--aws-await-snapshots-timeout", Integer.MAX_VALUE);
        Integer coolOff = number(arguments, COOL_OFF, MAX_COOL_OFF_HOURS);
        number(arguments, DURATION, MAX_DURATION_DAYS);
        boolean instance = arguments.value("--snapshot-instance") != null;
        boolean disks = !arguments.values("--snapshot-disk").isEmpty();
        if (instance != disks) {
            throw refused("Options --snapshot-instance and --snapshot-disk need each other");
        }
        if (!instance) {
            return;
        }
        if (compressed) {
            throw refused("Snapshots are not compressed: leave out --gzip, --bzip2 or --snappy");
        }
        if (coolOff != null && "governance".equals(mode)) {
            throw refused("Option " + COOL_OFF + " is not allowed with " + MODE + " governance");
        }
        if (arguments.value("--kms-key-name") != null) {
            throw refused("Option --kms-key-name is not allowed with snapshots");
        }
        throw refused("This version of barman-cloud-backup makes no snapshots: leave out --snapshot-instance and"
                + " --snapshot-disk to have the files copied into the bucket");
    }

    private static CloudException refused(String why) {
        return new CloudException(CloudExit.OTHER, why);
    }

    private static @Nullable Integer number(ParsedArguments arguments, String key, int maximum) throws UsageException {
        String text = arguments.value(key);
        if (text == null) {
            return null;
        }
        int number;
        try {
            number = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UsageException("argument " + key + ": invalid int value: '" + text + "'");
        }
        if (number < 1 || number > maximum) {
            throw new UsageException("argument " + key + ": " + number + " is not between 1 and " + maximum);
        }
        return number;
    }
}
