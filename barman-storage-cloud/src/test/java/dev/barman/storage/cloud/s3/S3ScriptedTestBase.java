// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.testing.ScriptedStoreTestBase;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** For tests of the store for S3 with a server that follows a script. */
abstract class S3ScriptedTestBase extends ScriptedStoreTestBase {
    static final int MIB = 1024 * 1024;
    static final String BUCKET = "b";

    @BeforeAll
    static void credentials() {
        System.setProperty("aws.accessKeyId", "test-identity");
        System.setProperty("aws.secretAccessKey", "test-credential");
    }

    @AfterAll
    static void noCredentials() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    @Override
    protected ObjectStore open(URI endpoint, Duration readTimeout) throws StorageException {
        return open(endpoint, readTimeout, null, null);
    }

    /** Objects of 9 MiB and more are sent in parts. */
    static S3ObjectStore open(
            URI endpoint, Duration readTimeout, @Nullable String encryption, @Nullable String kmsKeyId)
            throws StorageException {
        return S3ObjectStore.open(BUCKET, new S3Settings(endpoint, null, readTimeout, encryption, kmsKeyId), 9L * MIB);
    }
}
