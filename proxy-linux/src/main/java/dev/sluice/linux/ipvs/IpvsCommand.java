package dev.sluice.linux.ipvs;

/** One change of the kernel's IPVS tables. A batch of them goes out in one send; each is answered on its own. */
public sealed interface IpvsCommand {

    ServiceKey service();

    /** EEXIST when the service is there; ENOENT when the scheduler is unknown and no module provides it. */
    record NewService(VirtualServer server) implements IpvsCommand {
        @Override
        public ServiceKey service() {
            return server.key();
        }

        @Override
        public String toString() {
            return "NEW_SERVICE " + server.key() + " " + server.scheduler();
        }
    }

    /** Changes scheduler, flags and time-out; connections survive. ESRCH when the service is not there. */
    record SetService(VirtualServer server) implements IpvsCommand {
        @Override
        public ServiceKey service() {
            return server.key();
        }

        @Override
        public String toString() {
            return "SET_SERVICE " + server.key() + " " + server.scheduler();
        }
    }

    /** Takes its destinations with it. ESRCH when the service is not there. */
    record DeleteService(ServiceKey service) implements IpvsCommand {
        @Override
        public String toString() {
            return "DEL_SERVICE " + service;
        }
    }

    /** ESRCH without the service, EEXIST when the destination is there. */
    record NewDestination(ServiceKey service, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "NEW_DEST " + service + " -> " + server.key() + " weight " + server.weight();
        }
    }

    /** ESRCH without the service, ENOENT without the destination. */
    record SetDestination(ServiceKey service, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "SET_DEST " + service + " -> " + server.key() + " weight " + server.weight();
        }
    }

    /** ESRCH without the service, ENOENT without the destination. */
    record DeleteDestination(ServiceKey service, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "DEL_DEST " + service + " -> " + server.key();
        }
    }
}
