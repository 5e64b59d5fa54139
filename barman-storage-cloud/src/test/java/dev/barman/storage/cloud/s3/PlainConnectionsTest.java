// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PlainConnectionsTest {
    @Test
    void connectionHasTheTimeoutsAndFollowsNobody() {
        HttpURLConnection connection = new PlainConnections(Duration.ofSeconds(3), Duration.ofSeconds(7))
                .createConnection(URI.create("http://127.0.0.1:1/bucket/key"));
        assertThat(connection.getConnectTimeout()).isEqualTo(3000);
        assertThat(connection.getReadTimeout()).isEqualTo(7000);
        assertThat(connection.getInstanceFollowRedirects()).isFalse();
    }

    @Test
    void onlyEndpointsWithoutTlsAreServed() {
        assertThat(PlainConnections.suit(URI.create("https://store.example"))).isFalse();
        assumeThat(System.getenv("http_proxy")).isNull();
        assumeThat(System.getenv("HTTP_PROXY")).isNull();
        assertThat(PlainConnections.suit(URI.create("http://store.example"))).isTrue();
    }
}
