// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ReadinessUpdate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortOwnersTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");
    private static final ServiceName API = new ServiceName("shop", "api");

    private final PortOwners book = new PortOwners();

    @Test
    void eachFamilyAnswersForItself() {
        update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2)));
        update(IpFamily.IPV6, Map.of(WEB, new LocalReadiness(32000, 1)));
        assertThat(book.ports()).containsExactly(32000);
        assertThat(book.families(32000)).containsExactlyInAnyOrder(IpFamily.values());
        assertThat(book.readiness(32000, IpFamily.IPV4)).isEqualTo(new LocalReadiness(32000, 2));
        assertThat(book.readiness(32000, IpFamily.IPV6)).isEqualTo(new LocalReadiness(32000, 1));
        update(IpFamily.IPV4, Map.of());
        assertThat(book.families(32000)).containsExactly(IpFamily.IPV6);
        assertThat(book.readiness(32000, IpFamily.IPV4)).isNull();
        update(IpFamily.IPV6, Map.of(WEB, new LocalReadiness(32001, 1)));
        assertThat(book.ports()).containsExactly(32001);
        assertThat(book.readiness(32000, IpFamily.IPV6)).isNull();
    }

    @Test
    void theFirstServiceKeepsAPortThatTwoAskFor() {
        update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2)));
        update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2), API, new LocalReadiness(32000, 7)));
        assertThat(book.owner(32000)).isEqualTo(WEB);
        assertThat(book.readiness(32000, IpFamily.IPV4)).isEqualTo(new LocalReadiness(32000, 2));
        assertThat(book.losers(32000)).containsExactly(new PortOwners.Loser(API, 32000, WEB));
        update(IpFamily.IPV4, Map.of(API, new LocalReadiness(32000, 7)));
        assertThat(book.owner(32000)).isEqualTo(API);
        assertThat(book.losers(32000)).isEmpty();
    }

    @Test
    void onlyWhatDiffersIsTouched() {
        assertThat(update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2), API, new LocalReadiness(32001, 1))))
                .containsExactly(32000, 32001);
        assertThat(change(API, Optional.of(new LocalReadiness(32001, 1)))).isEmpty();
        assertThat(change(API, Optional.of(new LocalReadiness(32002, 1)))).containsExactly(32001, 32002);
        assertThat(book.readiness(32000, IpFamily.IPV4)).isEqualTo(new LocalReadiness(32000, 2));
        assertThat(change(API, Optional.empty())).containsExactly(32002);
        assertThat(book.ports()).containsExactly(32000);
    }

    private Set<Integer> change(ServiceName service, Optional<LocalReadiness> readiness) {
        return book.update(IpFamily.IPV4, new ReadinessUpdate(false, Map.of(service, readiness)));
    }

    private Set<Integer> update(IpFamily family, Map<ServiceName, LocalReadiness> all) {
        Map<ServiceName, Optional<LocalReadiness>> services = new HashMap<>();
        all.forEach((service, readiness) -> services.put(service, Optional.of(readiness)));
        return book.update(family, new ReadinessUpdate(true, services));
    }
}
