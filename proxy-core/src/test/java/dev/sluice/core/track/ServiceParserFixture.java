// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpFamily;
import java.util.List;

/** Service shop/web with one port, and what the parser makes of it. */
abstract class ServiceParserFixture {
    static ServiceBuilder web() {
        return service("shop/web").port("http", 80);
    }

    static ParsedService v4(ServiceBuilder service) {
        return ServiceParser.parse(service.build(), IpFamily.IPV4);
    }

    static ParsedService v6(ServiceBuilder service) {
        return ServiceParser.parse(service.build(), IpFamily.IPV6);
    }

    /** The only port of a Service without problems. */
    static ServicePort only(ServiceBuilder service) {
        ParsedService parsed = v4(service);
        assertThat(parsed.problems()).isEmpty();
        assertThat(parsed.ports()).hasSize(1);
        return parsed.ports().getFirst();
    }

    static List<String> problems(ParsedService parsed) {
        return parsed.problems().stream()
                .map(p -> p.severity() + " " + p.field())
                .toList();
    }
}
