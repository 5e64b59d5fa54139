// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import dev.barman.object.ObjectKey;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What the URL on the command line of a cloud command means: a bucket or container, and a path in it. Immutable.
 *
 * <table>
 * <caption>Accepted URLs</caption>
 * <tr><td>S3</td><td>{@code s3://bucket[/path]}</td></tr>
 * <tr><td>Azure</td><td>{@code https://<account>.blob.core.windows.net/<container>[/path]}</td></tr>
 * <tr><td>Azure emulator</td><td>{@code http://host:port/<account>/<container>[/path]}</td></tr>
 * <tr><td>Google</td><td>{@code gs://bucket[/path]}, {@code https://console.cloud.google.com/storage/browser/bucket[/path]}</td></tr>
 * </table>
 *
 * @param provider the provider
 * @param endpoint the beginning of an Azure URL, up to the account: {@code https://<account>.blob.core.windows.net} or
 *     {@code http://host:port/<account>}; null for the others
 * @param bucket name of the bucket or container, not empty
 * @param path what is in front of all keys, without slashes at its ends; may be empty
 */
public record CloudLocation(
        CloudProvider provider, @Nullable String endpoint, String bucket, String path) {
    private static final String AZURE_DOMAIN = ".blob.core.windows.net";
    private static final String GOOGLE_CONSOLE = "console.cloud.google.com";
    private static final String GOOGLE_CONSOLE_PATH = "storage/browser/";

    /**
     * @throws IllegalArgumentException when there is no bucket, or the path has a slash at one of its ends
     */
    public CloudLocation {
        if (bucket.isEmpty() || bucket.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a bucket or container: '" + bucket + "'");
        }
        if (path.startsWith("/") || path.endsWith("/")) {
            throw new IllegalArgumentException("a path with a slash at its end: '" + path + "'");
        }
    }

    /**
     * Understands a URL. Slashes at the end of it mean nothing.
     *
     * @param url as given by the user
     * @param provider as given by the user
     * @return the location
     * @throws IllegalArgumentException when the URL does not fit the provider; the message is that of the original, for instance
     *     {@code Invalid s3 URL address: …}
     */
    public static CloudLocation parse(String url, CloudProvider provider) {
        return switch (provider) {
            case AWS_S3 -> s3(url);
            case AZURE_BLOB_STORAGE -> azure(url);
            case GOOGLE_CLOUD_STORAGE -> google(url);
        };
    }

    private static CloudLocation s3(String url) {
        String rest = after(url, "s3://");
        if (rest == null || bucketOf(rest).isEmpty()) {
            throw new IllegalArgumentException("Invalid s3 URL address: " + url);
        }
        return new CloudLocation(CloudProvider.AWS_S3, null, bucketOf(rest), pathOf(rest));
    }

    private static CloudLocation google(String url) {
        String rest = after(url, "gs://");
        if (rest == null) {
            String console = after(url, "https://" + GOOGLE_CONSOLE + "/" + GOOGLE_CONSOLE_PATH);
            rest = console == null ? "" : console;
        }
        if (bucketOf(rest).isEmpty()) {
            throw new IllegalArgumentException("Invalid google cloud storage URL address: " + url);
        }
        return new CloudLocation(CloudProvider.GOOGLE_CLOUD_STORAGE, null, bucketOf(rest), pathOf(rest));
    }

    private static CloudLocation azure(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("Invalid azure URL address: " + url, e);
        }
        String scheme = uri.getScheme();
        String authority = uri.getRawAuthority();
        String host = uri.getHost();
        if (authority == null || host == null || !("https".equals(scheme) || "http".equals(scheme))) {
            throw new IllegalArgumentException("Invalid azure URL address: " + url);
        }
        String rest = strip(uri.getPath());
        String endpoint = scheme + "://" + authority;
        if (!host.endsWith(AZURE_DOMAIN)) {
            // An emulator has its accounts in the path.
            String account = bucketOf(rest);
            rest = pathOf(rest);
            endpoint = endpoint + "/" + account;
        }
        if (bucketOf(rest).isEmpty()) {
            throw new IllegalArgumentException("azure blob storage URL " + url + " is malformed: no container in it");
        }
        return new CloudLocation(CloudProvider.AZURE_BLOB_STORAGE, endpoint, bucketOf(rest), pathOf(rest));
    }

    private static @Nullable String after(String url, String beginning) {
        return url.startsWith(beginning) ? url.substring(beginning.length()) : null;
    }

    private static String bucketOf(String rest) {
        int slash = rest.indexOf('/');
        return slash < 0 ? rest : rest.substring(0, slash);
    }

    private static String pathOf(String rest) {
        int slash = rest.indexOf('/');
        return slash < 0 ? "" : strip(rest.substring(slash + 1));
    }

    private static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && text.charAt(start) == '/') {
            start++;
        }
        while (end > start && text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(start, end);
    }

    /**
     * @param relative a key relative to this location
     * @return the key in the bucket or container
     * @throws IllegalArgumentException when the result is no key
     */
    public ObjectKey key(String relative) {
        return ObjectKey.of(path.isEmpty() ? relative : path + '/' + relative);
    }

    /**
     * @param key a key in the bucket or container
     * @return the URL of the object, in the form in which users give URLs
     */
    public String url(ObjectKey key) {
        String container = switch (provider) {
            case AWS_S3 -> "s3://" + bucket;
            case GOOGLE_CLOUD_STORAGE -> "gs://" + bucket;
            case AZURE_BLOB_STORAGE -> endpoint + "/" + bucket;
        };
        return container + '/' + key.value();
    }
}
