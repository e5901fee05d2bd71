/* lethe-admin: the operators' HTTP API. */
#include "services/admin/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &admin_service);
}
