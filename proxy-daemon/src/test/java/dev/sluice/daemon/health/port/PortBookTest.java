package dev.sluice.daemon.health.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PortBookTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");
    private static final ServiceName API = new ServiceName("shop", "api");

    private final PortBook book = new PortBook();

    @Test
    void eachFamilyAnswersForItself() {
        book.update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2)));
        book.update(IpFamily.IPV6, Map.of(WEB, new LocalReadiness(32000, 1)));
        assertThat(book.ports()).containsExactly(32000);
        assertThat(book.families(32000)).containsExactlyInAnyOrder(IpFamily.values());
        assertThat(book.readiness(32000, IpFamily.IPV4)).isEqualTo(new LocalReadiness(32000, 2));
        assertThat(book.readiness(32000, IpFamily.IPV6)).isEqualTo(new LocalReadiness(32000, 1));
        book.update(IpFamily.IPV4, Map.of());
        assertThat(book.families(32000)).containsExactly(IpFamily.IPV6);
        assertThat(book.readiness(32000, IpFamily.IPV4)).isNull();
        book.update(IpFamily.IPV6, Map.of(WEB, new LocalReadiness(32001, 1)));
        assertThat(book.ports()).containsExactly(32001);
        assertThat(book.readiness(32000, IpFamily.IPV6)).isNull();
    }

    @Test
    void theFirstServiceKeepsAPortThatTwoAskFor() {
        book.update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2)));
        book.update(IpFamily.IPV4, Map.of(WEB, new LocalReadiness(32000, 2), API, new LocalReadiness(32000, 7)));
        assertThat(book.owner(32000)).isEqualTo(WEB);
        assertThat(book.readiness(32000, IpFamily.IPV4)).isEqualTo(new LocalReadiness(32000, 2));
        assertThat(book.losers()).containsExactly(new PortBook.Loser(API, 32000, WEB));
        book.update(IpFamily.IPV4, Map.of(API, new LocalReadiness(32000, 7)));
        assertThat(book.owner(32000)).isEqualTo(API);
        assertThat(book.losers()).isEmpty();
    }
}
