// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.googleapis.batch.BatchRequest;
import com.google.api.client.googleapis.batch.json.JsonBatchCallback;
import com.google.api.client.googleapis.json.GoogleJsonError;
import com.google.api.client.http.HttpHeaders;
import com.google.api.services.storage.Storage;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Deletes objects, a hundred with one request. Immutable. */
final class GcsDeletion {
    /** What Google allows in a batch. */
    private static final int BATCH = 100;

    private final Storage client;
    private final String bucket;

    GcsDeletion(Storage client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    /** As {@link dev.barman.object.ObjectStore#delete}. */
    Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> all = new ArrayList<>(keys);
        Map<ObjectKey, StorageException> failures = new LinkedHashMap<>();
        boolean attempted = false;
        StorageException first = null;
        for (int i = 0; i < all.size(); i += BATCH) {
            List<ObjectKey> batch = all.subList(i, Math.min(i + BATCH, all.size()));
            try {
                failures.putAll(deleteBatch(batch));
                attempted = true;
            } catch (IOException e) {
                StorageException failure = GcsFailures.classify("Cannot delete objects of gs://" + bucket, e);
                first = first == null ? failure : first;
                batch.forEach(key -> failures.put(key, failure));
            }
        }
        if (!attempted && first != null) {
            throw first;
        }
        return failures;
    }

    private Map<ObjectKey, StorageException> deleteBatch(List<ObjectKey> keys) throws IOException {
        // Without it the request for the batch would go without our timeouts, and without credentials of its own.
        BatchRequest batch = client.batch(client.getRequestFactory().getInitializer());
        Set<ObjectKey> unanswered = new LinkedHashSet<>(keys);
        Map<ObjectKey, StorageException> failures = new LinkedHashMap<>();
        for (ObjectKey key : keys) {
            client.objects().delete(bucket, key.value()).queue(batch, new JsonBatchCallback<Void>() {
                @Override
                public void onSuccess(Void nothing, HttpHeaders headers) {
                    unanswered.remove(key);
                }

                @Override
                public void onFailure(GoogleJsonError error, HttpHeaders headers) {
                    unanswered.remove(key);
                    if (error.getCode() != GcsFailures.NOT_FOUND || !GcsFailures.saysNoSuchObject(error.getMessage())) {
                        failures.put(key, GcsFailures.classify(describe(key), error));
                    }
                }
            });
        }
        batch.execute();
        for (ObjectKey key : unanswered) {
            failures.put(key, new StorageException(describe(key) + ": no answer", Reason.UNREACHABLE, true, null));
        }
        return failures;
    }

    private String describe(ObjectKey key) {
        return "Cannot delete gs://" + bucket + "/" + key;
    }
}
