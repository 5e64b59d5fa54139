// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rules for the options that lock AWS snapshots. */
final class SnapshotLockRules {
    private SnapshotLockRules() {}

    /** Returns what is wrong, in the order in which Barman reports it. */
    static List<String> check(OptionValues values) {
        String mode = values.text(ServerOption.AWS_SNAPSHOT_LOCK_MODE);
        List<String> problems = new ArrayList<>();
        if (mode == null || !"aws".equals(values.text(ServerOption.SNAPSHOT_PROVIDER))) {
            return problems;
        }
        Long days = values.whole(ServerOption.AWS_SNAPSHOT_LOCK_DURATION);
        Long hours = values.whole(ServerOption.AWS_SNAPSHOT_LOCK_COOL_OFF_PERIOD);
        String date = values.text(ServerOption.AWS_SNAPSHOT_LOCK_EXPIRATION_DATE);
        String lowerMode = mode.toLowerCase(Locale.ROOT);
        if (days == null && date == null) {
            problems.add("'aws_snapshot_lock_mode' is set, you must specify 'aws_snapshot_lock_duration' or"
                    + " 'aws_snapshot_lock_expiration_date'.");
        }
        if (days != null && date != null) {
            problems.add("You must specify either 'aws_snapshot_lock_duration' or 'aws_snapshot_lock_expiration_date'"
                    + " in the configuration, but not both.");
        }
        if (hours != null && lowerMode.equals("governance")) {
            problems.add("'aws_snapshot_lock_cool_off_period' cannot be used with 'aws_snapshot_lock_mode' ="
                    + " 'governance'.");
        }
        if (hours != null && (hours < 1 || hours > 72)) {
            problems.add("aws_snapshot_lock_cool_off_period must be between 1 and 72 hours.");
        }
        if (days != null && (days < 1 || days > 36_500)) {
            problems.add("aws_snapshot_lock_duration must be between 1 and 36,500 days.");
        }
        if (!lowerMode.equals("governance") && !lowerMode.equals("compliance")) {
            problems.add("Invalid AWS snapshot lock mode. Please specify either 'governance' or 'compliance'. Ensure"
                    + " that the mode you choose aligns with your snapshot locking requirements.");
        }
        if (date != null && !isDate(date)) {
            problems.add("Invalid date: '" + date + "'. Expected format is '%Y-%m-%dT%H:%M:%S.%fZ'.");
        }
        return problems;
    }

    private static boolean isDate(String text) {
        int dot = text.indexOf('.');
        if (!text.endsWith("Z") || dot < 0 || dot + 2 >= text.length()) {
            return false;
        }
        try {
            LocalDateTime.parse(text.substring(0, text.length() - 1), DateTimeFormatter.ISO_LOCAL_DATE_TIME);
            return true;
        } catch (DateTimeParseException invalid) {
            return false;
        }
    }
}
