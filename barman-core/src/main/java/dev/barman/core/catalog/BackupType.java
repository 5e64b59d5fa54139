// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

/** How a backup was made, derived from its mode and parent. */
public enum BackupType {
    /** A complete copy by pg_basebackup, or any backup copied from another node. */
    FULL("full", "F"),
    /** Has a parent. */
    INCREMENTAL("incremental", "I"),
    /** Copied by rsync. */
    RSYNC("rsync", "R"),
    /** Snapshots of disks in a cloud. */
    SNAPSHOT("snapshot", "S");

    private final String text;
    private final String letter;

    BackupType(String text, String letter) {
        this.text = text;
        this.letter = letter;
    }

    /** The name in JSON outputs. */
    public String text() {
        return text;
    }

    /** The letter in listings. */
    public String letter() {
        return letter;
    }
}
