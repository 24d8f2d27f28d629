/// An error that no waiting mends: the process was set up wrongly, or its database was. It ends with status 78, which
/// tells systemd not to start it again.
public protocol ConfigurationFault: Error {}
