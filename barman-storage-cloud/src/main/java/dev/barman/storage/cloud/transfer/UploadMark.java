// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import java.util.Map;
import java.util.UUID;

/**
 * A random text that an upload gives to its object as metadata. It tells the object of this very upload from all others under the same key, also where the
 * store keeps no checksum of the whole. Immutable.
 *
 * @param value the text
 */
public record UploadMark(String value) {
    /** The name of the metadata with S3. */
    public static final String S3_NAME = "barman-upload";

    /** The name of the metadata with Google. */
    public static final String GOOGLE_NAME = S3_NAME;

    /** The name of the metadata with Azure, where it must be an identifier. */
    public static final String AZURE_NAME = "barman_upload";

    /** {@return a mark that no other upload has} */
    public static UploadMark next() {
        return new UploadMark(UUID.randomUUID().toString());
    }

    /**
     * @param metadata of an object
     * @param name of the mark in it; stores may change its case
     * @return whether the object has this mark
     */
    public boolean isIn(Map<String, String> metadata, String name) {
        return metadata.entrySet().stream()
                .anyMatch(entry -> entry.getKey().equalsIgnoreCase(name)
                        && entry.getValue().equals(value));
    }
}
