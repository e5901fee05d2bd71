/* mailer: a mail leaves once, with its ground, or it is said why not. */
#include "services/mailer/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &mailer_service);
}
